#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares Wane's tokenizers with the `tokenizers` package: the ids of 10,000 lines for every model and component.

The lines mix many scripts, emoji, code, control characters, marks, spaces of all kinds, special tokens and bytes that are not UTF-8.
The tokenizers are trained here; files of other models can be added.

    scripts/tokenizers_check.py [--lines 10000] [--seed 0] [--wane COMMAND] [FILE...]
                                                        needs `pip install tokenizers`; prints lines that differ; exit status 1 if any does
    scripts/tokenizers_check.py --fixtures              writes Tests/TokenizersTests/Fixtures and examples/tokenizer.json

FILE is a tokenizer.json, a vocab.txt, or a .gguf beside the .json of the same name. COMMAND is by default .build/release/wane.
"""
import argparse
import glob
import json
import os
import random
import subprocess
import sys
import tempfile

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

SENTENCES = """The quick brown fox jumps over the lazy dog; it's 3.14159 o'clock, isn't it?
Der schnelle braune Fuchs springt über den faulen Hund, Straße für Straße.
Le cœur déçu mais l'âme plutôt naïve, Louÿs rêva de crapaüter en canoë au delà des îles.
El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia y frío, añoraba a su querido cachorro.
Съешь ещё этих мягких французских булок, да выпей же чаю.
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. ΣΊΣΥΦΟΣ
נקדם את השלום: דג סקרן שט בים מאוכזב ולפתע מצא חברה
صِف خَلقَ خَودِ كَمِثلِ الشَمسِ إِذ بَزَغَت — يَحظى الضَجيعُ بِها نَجلاءَ مِعطارِ
ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश करने वाले विष्णुवतार भगवान श्रीराम
เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน
いろはにほへと ちりぬるを 色は匂へど 散りぬるを カタカナー
我能吞下玻璃而不伤身体。人人生而自由，在尊严和权利上一律平等。
키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다.
Pijamalı hasta yağız şoföre çabucak güvendi. İstanbul'da ILIK
Příliš žluťoučký kůň úpěl ďábelské ódy
Tôi có thể ăn thủy tinh mà không hại gì. Việt Nam
სანამ თქვენს ცხოვრებაში ახალი დღე გათენდება ᲡᲐᲥᲐᲠᲗᲕᲔᲚᲝ
আমি কাঁচ খেতে পারি, তাতে আমার কোনো ক্ষতি হয় না।
தமிழ் மொழி செம்மொழி ஆகும்
ඔබට ස්තුතියි සිංහල
አማርኛ ሰላም ነው።
ကမ္ဘာ့လူ့အခွင့်အရေး
ខ្ញុំអាចញុំកញ្ចក់បាន
def f(x: int) -> str:\\n\\treturn f"{x!r}" + 'abc'  # comment
for (int i = 0; i < n; ++i) { a[i] ^= 0xFF & b[i]; }
SELECT * FROM t WHERE a>=10 AND b LIKE '%x%';
<html><body class="a-b_c">&amp;&#39;</body></html>
https://example.com/path?q=1&r=%20#frag user.name+tag@mail.co.uk
\\\\frac{\\\\alpha}{\\\\beta} = \\\\sum_{i=0}^{\\\\infty} x_i^2
I'll you're WE'VE they'D he's 'S 'ſ don't DON'T rock'n'roll
ﬁ ﬂ ﬃ ① ② Ⅷ ½ ² ℌ ℝ ㎏ ㍿ ｱｲｳ ＡＢＣ Å Å ḍ̇ ḍ̇ é é ǖ""".split("\n")

PIECES = (
    ["👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "❤️", "🤷🏿‍♀️", "😀😃", "1️⃣", "🧑‍💻", "\u200d", "\ufe0f", "\u20e3"]
    + [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n", "\u00a0", "\u2003", "\u3000", "\u2028", "\u0085", "\u200b", "\ufeff", "\u180e", "\u1680"]
    + ["\x00", "\x01", "\x07", "\x0b", "\x0c", "\x1b", "\x7f", "\x9f", "\ufffd", "\u00ad", "\u202e", "\U000e0001", "\ufff9"]
    + ["<s>", "</s>", "<|endoftext|>", "[CLS]", "[MASK]", "<unk>", "<pad>", "[UNK]", " [MASK] ", "<word>", "x<word>y", " <word>", "<mask>", "<Norm>",
       "<norm>", "<norm> ", "##ing", "▁", "▁▁a", "Ġ", "<0x41>", "_", "@@", "</w>", "-", "--", "the-final--countdown"]
    + ["1", "12", "1234567890", "٣٤٥", "१२३", "½", "Ⅷ", "1,000.50", "1e-5", "0x1F"]
    + ["\u0301", "e\u0301", "a\u0323\u0307", "a\u0307\u0323", "\u1100\u1161\u11a8", "각", "\u0345\u0334", "ｶﾞ", "\u0f71\u0f72", "ß", "ẞ", "ſ", "K", "İ", "ŉ"]
    + ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ab" * 70, "の" * 50, "=" * 40, "." * 30, "!?!?", "«»", "“”", "—", "…", "$€£¥", "+=<>^~|`"])

BROKEN = [b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x80", b"\xf4\x90\x80\x80"]


def corpus(count, seed):
    """Lines of bytes; the same for the same seed."""
    choose = random.Random(seed)
    code = []
    for path in sorted(glob.glob(os.path.join(ROOT, "Sources", "Platform", "*.swift")) + glob.glob(os.path.join(ROOT, "examples", "*.lua"))):
        code += open(path, encoding="utf-8").read().split("\n")
    lines = []
    while len(lines) < count:
        kind = choose.random()
        if kind < 0.25:
            line = choose.choice(SENTENCES).encode()
        elif kind < 0.35:
            line = choose.choice(code).encode()
        elif kind < 0.75:
            parts = []
            for _ in range(choose.randint(1, 12)):
                pick = choose.random()
                if pick < 0.4:
                    parts.append(choose.choice(choose.choice(SENTENCES).split(" ")))
                elif pick < 0.85:
                    parts.append(choose.choice(PIECES))
                else:
                    parts.append(chr(point(choose)))
                if choose.random() < 0.4:
                    parts.append(" ")
            line = "".join(parts).encode()
        elif kind < 0.9:
            # Neighboring characters of one block of the code space.
            start = point(choose)
            line = "".join(chr(min(0x10FFFF, start + choose.randint(0, 40))) for _ in range(choose.randint(1, 30))
                           if not 0xD7D0 <= start < 0xE000).encode()
        else:
            line = choose.choice(SENTENCES).encode()
            for _ in range(choose.randint(1, 4)):
                at = choose.randint(0, len(line))
                line = line[:at] + choose.choice(BROKEN) + line[at:]
        lines.append(line)
    return lines


def point(choose):
    top = choose.choice([0x80, 0x250, 0x800, 0x3000, 0xD7D0, 0x10000, 0x20000, 0x110000])
    while True:
        c = choose.randrange(top)
        if not 0xD7D0 <= c < 0xE000:
            return c


GPT4 = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CL100K = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s")
KIMI = (r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK = [r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+",
            r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"]
PATTERNS = [r"\w+|[^\w\s]+", r"(?<=\p{L})-(?=\p{L})", r"(?<!a)\d+", r"\b", r"^.", r".$", r"[[:alpha:]]+|[[:punct:]]", r"(?:ab?)+?|\h{2}", r"(?>a+)b|a",
            r"(?i)straße|the|[a-f]+", r"x*", r"\s*", r"(?:a|ab)(?:c|bcd)?|.", r"\P{L}+", r"\p{^N}{2,3}?", r"[^\S\n]+", r"(?x) \d + # digits", r"\R|\p{Greek}+",
            r"(?m:.){1,5}", r"\p{Nd}{2}+", r"(?:\p{L}\p{M}*)++", r"[a-z&&[^aeiou]]+", r"(?!\p{L})\S", r"\A\S+|\S+\z", r"[\p{Ll}\-x-z]+"]


def trained():
    """Tokenizers of all kinds by name."""
    out = {}
    special = ["<unk>", "<s>", "</s>", "<pad>", "<mask>", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "<|endoftext|>"]
    text = SENTENCES * 4 + open(os.path.join(ROOT, "README.md"), encoding="utf-8").read().split("\n")

    def finish(name, tokenizer, trainer, added=()):
        tokenizer.train_from_iterator(text, trainer)
        if added:
            tokenizer.add_tokens(list(added))
        out[name] = tokenizer

    def bpe(**options):
        return trainers.BpeTrainer(vocab_size=900, show_progress=False, special_tokens=special, **options)

    alphabet = pre_tokenizers.ByteLevel.alphabet()
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    finish("gpt2", t, bpe(initial_alphabet=alphabet), [AddedToken("<word>", single_word=True), AddedToken("<Norm>", normalized=True)])

    for name, patterns, ignores in [("llama3", [LLAMA3], True), ("gpt4o", [GPT4], False), ("cl100k", [CL100K], False), ("kimi", [KIMI], False),
                                    ("deepseek", DEEPSEEK, False)]:
        t = Tokenizer(models.BPE(ignore_merges=ignores))
        t.normalizer = normalizers.NFC() if name == "gpt4o" else None
        t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(p), "isolated") for p in patterns]
                                                  + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        t.decoder = decoders.ByteLevel()
        finish(name, t, bpe(initial_alphabet=alphabet))
        t.post_processor = processors.Sequence([processors.ByteLevel(), processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A <s> $B:1 </s>:1", special_tokens=[("<s>", 1), ("</s>", 2)])])

    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    bytes_ = ["<0x%02X>" % b for b in range(256)]
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.train_from_iterator(text, trainers.BpeTrainer(vocab_size=1200, show_progress=False, special_tokens=special[:4] + bytes_))
    state = json.loads(t.to_str())
    state["pre_tokenizer"] = None
    state["added_tokens"] = [x for x in state["added_tokens"] if not x["content"].startswith("<0x")]
    t = Tokenizer.from_str(json.dumps(state))
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B:1", special_tokens=[("<s>", 1)])
    out["llama2"] = t

    for fuse in (False, True):
        t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=fuse, continuing_subword_prefix="##", end_of_word_suffix="</w>"))
        t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Strip()])
        t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=fuse)])
        t.decoder = decoders.BPEDecoder()
        finish("affixes-%s" % fuse, t, bpe(continuing_subword_prefix="##", end_of_word_suffix="</w>", limit_alphabet=80))

    for lowercase, accents, chinese in ((True, None, True), (False, None, True), (True, False, False), (False, True, True)):
        t = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20 if accents else 100))
        t.normalizer = normalizers.BertNormalizer(lowercase=lowercase, strip_accents=accents, handle_chinese_chars=chinese)
        t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        t.decoder = decoders.WordPiece()
        finish("bert-%s-%s" % (lowercase, accents), t,
               trainers.WordPieceTrainer(vocab_size=800, show_progress=False, special_tokens=special, limit_alphabet=150))
        t.post_processor = processors.BertProcessing(("[SEP]", 7), ("[CLS]", 6))
        if accents:
            t.enable_truncation(12)
            t.enable_padding(length=12, pad_id=8, pad_token="[PAD]")

    t = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    t.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Nmt()])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.UnicodeScripts()])
    finish("words", t, trainers.WordLevelTrainer(show_progress=False, special_tokens=special),
           [AddedToken("the-", lstrip=True, rstrip=True), AddedToken("ing", single_word=True), AddedToken("É", normalized=True), AddedToken("  ")])
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 1))
    t.enable_truncation(10, stride=2, direction="left")

    def unigram(name, normalizer, pre, scheme, added=()):
        t = Tokenizer(models.Unigram())
        t.normalizer, t.pre_tokenizer = normalizer, pre
        t.decoder = decoders.Metaspace(prepend_scheme=scheme)
        finish(name, t, trainers.UnigramTrainer(vocab_size=800, show_progress=False, special_tokens=special, unk_token="<unk>"), added)

    unigram("t5", normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]),
            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]), "always")
    unigram("xlnet", normalizers.Sequence([normalizers.Replace("``", '"'), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]),
            pre_tokenizers.Metaspace(prepend_scheme="first"), "first", [AddedToken("<Norm>", normalized=True, lstrip=True), AddedToken("<word>", single_word=True)])
    unigram("never", normalizers.Strip(left=True, right=False), pre_tokenizers.Metaspace(prepend_scheme="never", split=False), "never")

    for index, pattern in enumerate(PATTERNS):
        for behavior in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"):
            if index % 5 != ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"].index(behavior) and index > 4:
                continue
            t = Tokenizer(models.BPE(unk_token="<unk>"))
            t.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), behavior, invert=index % 3 == 1)
            finish("pattern-%d-%s" % (index, behavior), t, bpe(limit_alphabet=300))
    t = Tokenizer(models.BPE(unk_token="<unk>"))
    t.normalizer = normalizers.Sequence([normalizers.Replace(Regex(r"(?i)the\s*"), "<"), normalizers.Replace("e", ""), normalizers.ByteLevel()])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.CharDelimiterSplit("-"), pre_tokenizers.FixedLength(length=7)])
    t.decoder = decoders.ByteLevel()
    finish("replace", t, bpe(initial_alphabet=alphabet))
    t = Tokenizer(models.WordLevel(unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Split("|", "removed")
    t.decoder = decoders.CTC(word_delimiter_token="|")
    finish("ctc", t, trainers.WordLevelTrainer(show_progress=False, special_tokens=special))
    return out


def run(command, tokenizer, lines, mode):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "lines")
        with open(path, "w") as file:
            file.write("\n".join(line.hex() if isinstance(line, bytes) else " ".join(map(str, line)) for line in lines) + "\n")
        result = subprocess.run(command + [tokenizer, path, mode], capture_output=True, text=True, timeout=600)
    if result.returncode != 0:
        sys.exit("%s: %s" % (tokenizer, (result.stdout + result.stderr)[-500:]))
    return result.stdout.split("\n")[:len(lines)]


def compare(command, name, path, lines):
    """The number of lines that differ, in ids or in decoded text."""
    expected = Tokenizer.from_file(path) if path.endswith(".json") else reference(path)
    texts = [line.decode("utf-8", "replace") for line in lines]
    ids = [e.ids for e in expected.encode_batch(texts)]
    got = run(command, path, lines, "encode")
    differing = [i for i in range(len(lines)) if got[i] != " ".join(map(str, ids[i]))]
    decoded = run(command, path, ids, "decode")
    text_faults = [i for i in range(len(lines)) if decoded[i] != decode(expected, ids[i])]
    print("%-28s %6d lines, %d differ in ids, %d in text" % (name, len(lines), len(differing), len(text_faults)), flush=True)
    for i in differing[:2]:
        print("   ", repr(texts[i][:200]), "\n      expected", ids[i][:40], [expected.id_to_token(x) for x in ids[i][:40]], "\n      got     ", got[i][:200])
    for i in text_faults[:2]:
        print("    ids", ids[i][:30], "expected", decode(expected, ids[i])[:200], "got", decoded[i][:200])
    return len(differing) + len(text_faults)


def decode(tokenizer, ids):
    if not ids:
        return ""
    return tokenizer.decode(ids, skip_special_tokens=False).encode().hex()


def reference(path):
    if path.endswith(".gguf"):
        return Tokenizer.from_file(path[:-5] + ".json")
    from tokenizers import BertWordPieceTokenizer
    return BertWordPieceTokenizer(path, lowercase=not any(c.lower() != c for line in open(path, encoding="utf-8") if line[0] != "[" for c in line))


def fixtures():
    """Small tokenizers with lines and their ids for the tests, and one for examples."""
    example = Tokenizer(models.BPE())
    example.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
                                                     pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    example.decoder = decoders.ByteLevel()
    text = [open(p, encoding="utf-8").read() for p in sorted(glob.glob(os.path.join(ROOT, "docs", "*.md"))) + [os.path.join(ROOT, "README.md")]]
    example.train_from_iterator(text, trainers.BpeTrainer(vocab_size=1024, show_progress=False, special_tokens=["<pad>", "<s>", "</s>"],
                                                          initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    example.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A </s> $B:1", special_tokens=[("<s>", 1), ("</s>", 2)])
    example.save(os.path.join(ROOT, "examples", "tokenizer.json"), pretty=False)
    folder = os.path.join(ROOT, "Tests", "TokenizersTests", "Fixtures")
    os.makedirs(folder, exist_ok=True)
    lines = corpus(90, 7)
    texts = [line.decode("utf-8", "replace") for line in lines]
    cases = {}
    for name, tokenizer in trained().items():
        if name.startswith("pattern") or name in ("kimi", "deepseek", "affixes-True", "bert-True-False", "bert-False-True"):
            continue
        tokenizer.save(os.path.join(folder, name + ".json"), pretty=False)
        cases[name] = {"ids": [tokenizer.encode(t).ids for t in texts], "pair": tokenizer.encode("a b", "The fox").ids,
                       "type_ids": tokenizer.encode("a b", "The fox").type_ids}
        cases[name]["text"] = [decode(tokenizer, ids) for ids in cases[name]["ids"]]
    with open(os.path.join(folder, "cases.json"), "w") as file:
        json.dump({"lines": [line.hex() for line in lines], "cases": cases}, file, separators=(",", ":"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*")
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--wane", default=os.path.join(ROOT, ".build", "release", "wane"))
    parser.add_argument("--fixtures", action="store_true")
    parser.add_argument("--only", help="names of trained tokenizers that contain this")
    options = parser.parse_args()
    if options.fixtures:
        return fixtures()
    command = [options.wane, os.path.join(ROOT, "scripts", "tokenizers_check.lua")]
    lines = corpus(options.lines, options.seed)
    faults, count = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name, tokenizer in (trained().items() if not options.files or options.only else []):
            if options.only and options.only not in name:
                continue
            path = os.path.join(folder, name + ".json")
            tokenizer.save(path)
            faults += compare(command, name, path, lines if not name.startswith("pattern") else lines[:1500])
            count += 1
    for path in options.files:
        faults += compare(command, os.path.basename(path), path, lines)
        count += 1
    print("%d tokenizers, %d lines differ" % (count, faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
