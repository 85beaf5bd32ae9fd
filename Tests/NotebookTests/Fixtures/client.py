"""Tests Wane's kernel with jupyter_client, which acts as a notebook.

usage: client.py WANE FOLDER message|signal

FOLDER is the repository. Each check prints a line; the first one that fails ends the script with its traceback.
"""

import contextlib
import os
import sys
import tempfile
import threading
import time

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

WANE, FOLDER, MODE = sys.argv[1:4]
# A generous timeout, since the machine may be busy. It ends checks that would never finish.
PATIENCE = 240


class Notebook:
    def __init__(self):
        self.manager = KernelManager()
        self.manager._kernel_spec = KernelSpec(
            argv=[WANE, "--jupyter", "{connection_file}"], language="lua", display_name="Wane", interrupt_mode=MODE
        )
        self.manager.start_kernel(cwd=FOLDER)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def run(self, code, on_output=lambda kind, content: None, **options):
        """The reply, and the outputs except status messages."""
        outputs = []

        def hook(message):
            kind, content = message["msg_type"], message["content"]
            if kind != "status":
                outputs.append((kind, content))
                on_output(kind, content)

        reply = self.client.execute_interactive(code, timeout=PATIENCE, output_hook=hook, **options)
        return reply["content"], outputs

    def ask(self, name, *arguments, **options):
        identity = getattr(self.client, name)(*arguments, **options)
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"]["msg_id"] == identity:
                return reply["content"]


def text(outputs, stream):
    return "".join(c["text"] for kind, c in outputs if kind == "stream" and c["name"] == stream)


def kinds(outputs):
    return [kind for kind, _ in outputs]


@contextlib.contextmanager
def check(name):
    yield
    print("ok", name, flush=True)


n = Notebook()

with check("kernel_info"):
    info = n.ask("kernel_info")
    assert info["language_info"]["name"] == "lua" and info["implementation"] == "wane", info
    assert info["protocol_version"] == "5.3"

with check("a value is a result"):
    reply, outputs = n.run("1 + 1")
    assert reply["status"] == "ok" and reply["execution_count"] == 1
    assert kinds(outputs) == ["execute_input", "execute_result"], outputs
    assert outputs[1][1]["data"] == {"text/plain": "2"} and outputs[1][1]["execution_count"] == 1

with check("values live on; the last line of a cell is shown, a semicolon mutes it"):
    n.run("x = 5")
    assert n.run("y = x + 1\ny")[1][1][1]["data"]["text/plain"] == "6"
    assert kinds(n.run("y;")[1]) == ["execute_input"]

with check("expressions beside a cell, each with its value or its fault"):
    reply, _ = n.run("x = 5", user_expressions={"twice": "x * 2", "bad": "nothing.at"})
    twice, bad = reply["user_expressions"]["twice"], reply["user_expressions"]["bad"]
    assert twice["status"] == "ok" and twice["data"]["text/plain"] == "10", twice
    assert bad["status"] == "error" and "nothing" in bad["evalue"] and reply["status"] == "ok", bad

with check("io.read asks the person, where there is one"):
    def answering(*lines):
        rest = list(lines)
        return lambda message: n.client.input(rest.pop(0))

    code = "io.write 'name? ' local name, number = io.read(), io.read 'n'\nprint(name, number + 1)"
    _, outputs = n.run(code, allow_stdin=True, stdin_hook=answering("Ada", "41"))
    assert text(outputs, "stdout") == "name? Ada\t42\n", outputs
    reply, _ = n.run("io.read()", allow_stdin=False)
    assert reply["status"] == "error" and "does not support input" in reply["evalue"], reply
    # The request for input is interrupted, and the late answer is discarded.
    reply, _ = n.run("io.read()", allow_stdin=True, stdin_hook=lambda message: n.manager.interrupt_kernel())
    assert reply["status"] == "error" and reply["ename"] == "interrupted", reply
    n.client.input("late")
    n.ask("kernel_info")
    _, outputs = n.run("print(io.read())", allow_stdin=True, stdin_hook=answering("in time"))
    assert text(outputs, "stdout") == "in time\n", outputs

with check("streams, with what commands of the shell write"):
    _, outputs = n.run("print('é'); io.write('no newline'); io.stderr:write('warning\\n') x = 1\n")
    assert text(outputs, "stdout") == "é\nno newline" and text(outputs, "stderr") == "warning\n", outputs
    assert text(n.run("!echo shell; echo lost >&2")[1], "stdout") == "shell\n"

with check("output arrives while the cell runs"):
    go = tempfile.mktemp()

    def arrived(kind, content):
        if kind == "stream" and "first" in content["text"]:
            open(go, "w").close()

    # The cell continues only after its first line has been received.
    reply, outputs = n.run(
        f"print 'first'\nrepeat local file = io.open('{go}') until file\nprint 'second'", on_output=arrived
    )
    assert reply["status"] == "ok" and text(outputs, "stdout") == "first\nsecond\n"
    os.remove(go)

with check("much output is whole and in order"):
    _, outputs = n.run("for i = 1, 50000 do print(i) end")
    assert text(outputs, "stdout") == "".join(f"{i}\n" for i in range(1, 50001))

with check("tables as HTML, charts as SVG, text always"):
    n.run("model = wane.load 'examples/digits_cnn.mlpackage'; small = model:palettize{ nbits = 4 }")
    _, outputs = n.run("print 'before'\nsmall.report:plot{}\nprint 'after'\nsmall.report")
    assert kinds(outputs) == ["execute_input", "stream", "display_data", "stream", "execute_result"], kinds(outputs)
    picture, table = outputs[2][1]["data"], outputs[4][1]["data"]
    assert picture["image/svg+xml"].startswith("<svg") and "SNR" in table["text/plain"]
    assert "signal to noise" in picture["text/plain"] and table["text/html"].startswith("<table>")
    assert "<table>" in n.run("model.weights")[1][1][1]["data"]["text/html"]

with check("pictures"):
    import base64, os, struct, tempfile, zlib
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"".join(bytes([y * 20, x * 10, 7]) for x in range(20)) for y in range(10))
    with tempfile.NamedTemporaryFile(suffix=".png", delete=False) as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 20, 10, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    shown = n.run(f"wane.load_image {file.name!r}")[1][1][1]["data"]
    png = base64.b64decode(shown["image/png"])
    assert png.startswith(b"\x89PNG") and struct.unpack(">II", png[16:24]) == (20, 10), png[:30]
    assert "20" in shown["text/plain"]
    shown = n.run(f"wane.load_image({file.name!r}):resize(4000, 2000)")[1][1][1]["data"]
    assert struct.unpack(">II", base64.b64decode(shown["image/png"])[16:24]) == (1024, 512)
    os.unlink(file.name)

with check("locals last from cell to cell"):
    n.run("local first = 20\nlocal function more() first = first + 1 return first end")
    assert n.run("more(), first")[1][1][1]["data"]["text/plain"] == "21\t21"
    assert n.run("wane> local third = first\nwane> third\n21")[1][1][1]["data"]["text/plain"] == "21"

with check("long texts are cut"):
    assert n.run("('line\\n'):rep(5000)")[1][1][1]["data"]["text/plain"].count("\n") < 60

with check("a script's own richer forms"):
    code = "setmetatable({}, { __mimebundle = function() return { ['text/html'] = '<b>hi</b>' } end })"
    assert n.run(code)[1][1][1]["data"]["text/html"] == "<b>hi</b>"

with check("errors"):
    reply, outputs = n.run("model:palettize{ nbit = 4 }")
    assert reply["status"] == "error" and reply["ename"] == "usage" and "did you mean 'nbits'" in reply["evalue"], reply
    assert kinds(outputs) == ["execute_input", "error"]
    assert n.run("function f() error('deep') end\nf()")[0]["traceback"][1] == "stack traceback:"
    assert n.run("x = = 1")[0]["status"] == "error"
    assert n.run("x")[0]["status"] == "ok", "the session goes on"

with check("silent cells count and tell nothing"):
    before = n.run("0")[0]["execution_count"]
    reply, outputs = n.run("print 'secret'; return 7", silent=True)
    assert reply["status"] == "ok" and outputs == []
    assert n.run("0")[0]["execution_count"] == before + 1

with check("cells behind a failed one are aborted"):
    # The first cell fails only after the others have been queued.
    failing = f"repeat local file = io.open('{go}') until file\nerror 'stop'"
    requests = [n.client.execute(failing)] + [n.client.execute("never = true") for _ in range(2)]
    time.sleep(0.3)
    open(go, "w").close()
    replies = {}
    while len(replies) < 3:
        reply = n.client.get_shell_msg(timeout=PATIENCE)
        replies[reply["parent_header"]["msg_id"]] = reply["content"]["status"]
    assert [replies[r] for r in requests] == ["error", "aborted", "aborted"], replies
    os.remove(go)
    assert n.run("never")[1][1][1]["data"]["text/plain"] == "nil"

with check("completion"):
    found = n.ask("complete", "é = model:pal", 13)
    assert (found["matches"], found["cursor_start"], found["cursor_end"]) == (["palettize"], 10, 13), found
    assert "kmeans" in n.ask("complete", 'model:palettize{ mode = "', 25)["matches"]
    assert n.ask("complete", "local emoji = '👩‍👩‍👧'; mod", 26)["matches"] == ["model"]

with check("inspection"):
    help = n.ask("inspect", "model:palettize", 8)
    assert help["found"] and "Model:palettize" in help["data"]["text/plain"]
    assert "nbits" in n.ask("inspect", "model:palettize{ nbits = 3 }", 19)["data"]["text/plain"]
    assert "bytes of the package" in n.ask("inspect", "model.size", 10)["data"]["text/plain"]
    assert not n.ask("inspect", "nothing_of_that_name", 3)["found"]

with check("completeness"):
    status = lambda code: n.ask("is_complete", code)["status"]
    assert [status(c) for c in ["x = 1", "for i = 1, 3 do", "x = = 1", "x = 1\nx"]] == [
        "complete", "incomplete", "invalid", "complete",
    ]

with check("history"):
    n.run("'the last one'")
    assert n.ask("history", hist_access_type="tail", n=1)["history"][0][2] == "'the last one'"
    found = n.ask("history", hist_access_type="search", pattern="*1 + 1*", raw=True)["history"]
    assert [entry[1:] for entry in found] == [[1, "1 + 1"]], found

for name, code in [
    ("a loop", "print 'go'\nwhile true do end"),
    ("a loop that catches errors", "print 'go'\nwhile true do pcall(function() while true do end end) end"),
    ("a loop that raises errors and catches them", "print 'go'\nwhile true do pcall(error) end"),
    ("a flood of output", "print 'go'\nwhile true do print 'flood' end"),
]:
    with check(f"interrupting {name}"):
        interrupted = []

        def twice(kind, content):
            # A second interrupt during the first has no effect.
            if kind == "stream" and "go" in content["text"] and not interrupted:
                interrupted.append(True)
                n.manager.interrupt_kernel()
                n.manager.interrupt_kernel()

        reply, _ = n.run(code, on_output=twice)
        assert reply["status"] == "error" and reply["ename"] == "interrupted", reply
        # The second interrupt may arrive late and interrupt this cell; the session continues in either case.
        for _ in range(3):
            if n.run("1")[0]["status"] == "ok":
                break

with check("interrupting nothing changes nothing"):
    for _ in range(3):
        n.manager.interrupt_kernel()
    time.sleep(0.3)
    n.run("1")
    assert n.run("x")[1][1][1]["data"]["text/plain"] == "1" and n.manager.is_alive()

with check("strangers are not heard"):
    stranger = n.manager.client()
    stranger.session.key = b"wrong"
    stranger.start_channels()
    stranger.execute("x = 'overwritten'")
    assert n.run("x")[1][1][1]["data"]["text/plain"] == "1"
    stranger.stop_channels()

with check("shutdown while a cell runs"):
    n.client.execute("while true do end")
    n.manager.shutdown_kernel()
    assert not n.manager.is_alive()

with check("os.exit ends the kernel"):
    n = Notebook()
    n.client.execute("os.exit(3)")
    assert n.client.get_shell_msg(timeout=PATIENCE)["content"]["status"] == "ok"
    deadline = time.time() + PATIENCE
    while n.manager.is_alive() and time.time() < deadline:
        time.sleep(0.05)
    assert not n.manager.is_alive()

print("done")
