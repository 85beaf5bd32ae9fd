# SPDX-License-Identifier: Apache-2.0
"""A language model with random weights in the shape of SmolLM2-135M (llama: rotary positions, grouped queries, tied embeddings), once as a
package with states for Core ML and once as GGUF files for llama.cpp.

make(folder) writes lm.mlpackage, lm_f16.gguf, lm_q8_0.gguf, lm_q4_0.gguf, unless they exist.
"""
import pathlib

import numpy as np

HIDDEN, LAYERS, HEADS, GROUPS, WIDTH, VOCABULARY, POSITIONS = 576, 30, 9, 3, 1536, 49152, 1024
SIZE = HIDDEN // HEADS
EPSILON, BASE = 1e-5, 10000.0


def weights():
    """Arrays by name, rounded to fp16; matrices as [outputs, inputs]."""
    random = np.random.default_rng(0)

    def matrix(rows, columns, scale):
        return (random.standard_normal((rows, columns), dtype=np.float32) * scale).astype(np.float16)

    made = {"embedding": matrix(VOCABULARY, HIDDEN, 0.5), "norm": random.standard_normal(HIDDEN).astype(np.float32)}
    for i in range(LAYERS):
        for name, rows, columns in [
            ("q", HEADS * SIZE, HIDDEN), ("k", GROUPS * SIZE, HIDDEN), ("v", GROUPS * SIZE, HIDDEN), ("o", HIDDEN, HEADS * SIZE),
            ("gate", WIDTH, HIDDEN), ("up", WIDTH, HIDDEN), ("down", HIDDEN, WIDTH),
        ]:
            made[f"{i}.{name}"] = matrix(rows, columns, columns ** -0.5)
        for name in ("attention_norm", "width_norm"):
            made[f"{i}.{name}"] = (1 + 0.1 * random.standard_normal(HIDDEN)).astype(np.float32)
    return made


def make_package(arrays, path):
    import coremltools as ct
    import torch
    import torch.nn.functional as F

    def linear(x, name):
        return F.linear(x, torch.from_numpy(arrays[name].astype(np.float32)))

    def norm(x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * torch.from_numpy(arrays[name])

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("keyCache", torch.zeros(LAYERS, 1, GROUPS, POSITIONS, SIZE))
            self.register_buffer("valueCache", torch.zeros(LAYERS, 1, GROUPS, POSITIONS, SIZE))
            angles = torch.outer(torch.arange(POSITIONS).float(), BASE ** -(torch.arange(0, SIZE, 2).float() / SIZE))
            angles = torch.cat([angles, angles], -1)
            self.register_buffer("cosine", angles.cos())
            self.register_buffer("sine", angles.sin())

        def forward(self, inputIds, causalMask):
            count, end = inputIds.shape[1], causalMask.shape[-1]
            begin = end - count
            embedding = torch.from_numpy(arrays["embedding"].astype(np.float32))
            x = F.embedding(inputIds, embedding)
            cosine, sine = self.cosine[begin:end], self.sine[begin:end]

            def rotated(x):
                low, high = x.chunk(2, -1)
                return x * cosine + torch.cat([-high, low], -1) * sine

            for i in range(LAYERS):
                h = norm(x, f"{i}.attention_norm")
                q, k, v = (linear(h, f"{i}.{n}").view(1, count, -1, SIZE).transpose(1, 2) for n in "qkv")
                self.keyCache[i, :, :, begin:end, :], self.valueCache[i, :, :, begin:end, :] = rotated(k), v
                k, v = (
                    cache[i, :, :, :end, :][:, :, None].expand(1, GROUPS, HEADS // GROUPS, -1, SIZE).reshape(1, HEADS, -1, SIZE)
                    for cache in (self.keyCache, self.valueCache))
                mixed = F.scaled_dot_product_attention(rotated(q), k, v, attn_mask=causalMask)
                x = x + linear(mixed.transpose(1, 2).reshape(1, count, HEADS * SIZE), f"{i}.o")
                h = norm(x, f"{i}.width_norm")
                x = x + linear(F.silu(linear(h, f"{i}.gate")) * linear(h, f"{i}.up"), f"{i}.down")
            return F.linear(norm(x, "norm"), embedding)

    with torch.no_grad():
        example = torch.zeros(1, 2, dtype=torch.int32), torch.zeros(1, 1, 2, 5)
        traced = torch.jit.trace(Network().eval(), example, check_trace=False)
        queries, keys = (ct.RangeDim(1, POSITIONS, default=1) for _ in range(2))
        ct.convert(
            traced, outputs=[ct.TensorType("logits", dtype=np.float16)], minimum_deployment_target=ct.target.iOS18, skip_model_load=True,
            inputs=[ct.TensorType("inputIds", (1, queries), dtype=np.int32), ct.TensorType("causalMask", (1, 1, queries, keys), dtype=np.float16)],
            states=[ct.StateType(ct.TensorType(shape=(LAYERS, 1, GROUPS, POSITIONS, SIZE), dtype=np.float16), name=name)
                    for name in ("keyCache", "valueCache")]).save(str(path))


def make_gguf(arrays, path, kind):
    import gguf

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(POSITIONS)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(GROUPS)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_rope_dimension_count(SIZE)
    writer.add_rope_freq_base(BASE)
    writer.add_vocab_size(VOCABULARY)
    writer.add_tokenizer_model("no_vocab")
    kinds = {"f16": gguf.GGMLQuantizationType.F16, "q8_0": gguf.GGMLQuantizationType.Q8_0, "q4_0": gguf.GGMLQuantizationType.Q4_0}

    def add(name, array):
        if array.ndim == 1:
            writer.add_tensor(name, array)
        elif kind == "f16":
            writer.add_tensor(name, array)
        else:
            packed = gguf.quants.quantize(array.astype(np.float32), kinds[kind])
            writer.add_tensor(name, packed, raw_dtype=kinds[kind])

    def interleaved(array, heads):
        # llama.cpp rotates neighbors, the package rotates halves.
        return array.reshape(heads, 2, SIZE // 2, HIDDEN).swapaxes(1, 2).reshape(array.shape)

    add("token_embd.weight", arrays["embedding"])
    add("output_norm.weight", arrays["norm"])
    for i in range(LAYERS):
        for name, own in [("attn_v", "v"), ("attn_output", "o"), ("ffn_gate", "gate"), ("ffn_up", "up"), ("ffn_down", "down"),
                          ("attn_norm", "attention_norm"), ("ffn_norm", "width_norm")]:
            add(f"blk.{i}.{name}.weight", arrays[f"{i}.{own}"])
        add(f"blk.{i}.attn_q.weight", interleaved(arrays[f"{i}.q"], HEADS))
        add(f"blk.{i}.attn_k.weight", interleaved(arrays[f"{i}.k"], GROUPS))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def make(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    package = folder / "lm.mlpackage"
    files = {kind: folder / f"lm_{kind}.gguf" for kind in ("f16", "q8_0", "q4_0")}
    if package.exists() and all(file.exists() for file in files.values()):
        return package, files
    arrays = weights()
    for kind, file in files.items():
        make_gguf(arrays, file, kind)
    make_package(arrays, package)
    return package, files
