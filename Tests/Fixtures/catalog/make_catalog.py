# SPDX-License-Identifier: Apache-2.0
"""Writes catalog.txt: the inputs of every operator in coremltools 9.0, with a line for each opset that changes them.

Run it with a Python that has coremltools:  python make_catalog.py > catalog.txt
A line is: operator, opset, then name:types for each input; a question mark after the name where it may be left out; no types
where coremltools takes any number of values of any type.
"""
import contextlib, sys

with contextlib.redirect_stderr(None), contextlib.redirect_stdout(sys.stderr):
    import coremltools as ct
    from coremltools.converters.mil.mil import types
    from coremltools.converters.mil.mil.ops.registry import SSAOpRegistry

OPSETS = [("iOS15", ct.target.iOS15), ("iOS16", ct.target.iOS16), ("iOS17", ct.target.iOS17), ("iOS18", ct.target.iOS18)]


def line(cls):
    words = []
    for name, kind in cls.input_spec.input_types.items():
        domain = getattr(kind, "type_domain", None) or ()
        if not domain and getattr(kind, "type_domain_id", None):
            domain = cls.type_domains[kind.type_domain_id]
        spelled = sorted({"string" if t is types.str else types.builtin_to_string(t) for t in domain})
        words.append(f"{name}{'?' if kind.optional else ''}:{','.join(spelled)}")
    return " ".join(words)


for name, versions in sorted(SSAOpRegistry.core_ops.items()):
    last = None
    for opset, target in OPSETS:
        if target in versions and (found := line(versions[target])) != last:
            print(name, opset, found)
            last = found
