#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Sources/Tokenizers/Unicode/Tables/*.swift: character properties as the `tokenizers` package has them.

The package combines several libraries, each with its own version of Unicode. The properties are therefore measured: every
code point is given to the component that depends on the property.

    python3 scripts/tokenizers_tables.py            needs `pip install tokenizers`; takes some minutes
"""
import os
import unicodedata

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Sources", "Tokenizers", "Unicode", "Tables")
POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
ALL = "".join(map(chr, POINTS))
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"

CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn".split()
SCRIPTS = """Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Beria_Erfe Bhaiksuki Bopomofo
Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform
Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Garay
Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Gurung_Khema Han Hangul Hanifi_Rohingya Hanunoo Hatran
Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi
Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian
Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive
Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu
Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian
Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi
Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham Sidetic SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese
Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Tai_Yo Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan
Tifinagh Tirhuta Todhri Tolong_Siki Toto Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square""".split()


def matched(pattern):
    """The characters that a regular expression matches."""
    return set(ALL) - set(normalizers.Replace(Regex(pattern), "").normalize_str(ALL))


def number(value):
    """An integer in groups of five bits, lowest first; the sixth bit says that another group follows."""
    text = ""
    while True:
        value, group = value >> 5, value & 31
        text += DIGITS[group | (32 if value else 0)]
        if not value:
            return text


def runs(value_of):
    """Lengths and values of the runs of equal values over all code points; surrogates have the value before them."""
    out, last, count = [], None, 0
    for c in range(0x110000):
        value = last if 0xD800 <= c < 0xE000 else value_of(c)
        if value == last:
            count += 1
        else:
            if last is not None:
                out += [count, last]
            last, count = value, 1
    return out + [count, last]


def write(name, doc, tables):
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, name + ".swift"), "w") as file:
        file.write("// SPDX-License-Identifier: Apache-2.0\n")
        file.write(f"// {doc} Written by scripts/tokenizers_tables.py; not to be edited.\n\nextension UnicodeTables {{\n")
        for position, (table, comment, numbers) in enumerate(tables):
            text = "".join(map(number, numbers))
            file.write(("\n" if position else "") + f"  /// {comment}\n  static let {table}: StaticString = \"\"\"\n")
            for start in range(0, len(text), 130):
                file.write("    " + text[start:start + 130] + ("\\\n" if start + 130 < len(text) else "\n"))
            file.write("    \"\"\"\n")
        file.write("}\n")


def categories():
    category = {}
    for index, name in enumerate(CATEGORIES):
        if name not in ("Cs", "Cn"):
            for c in matched(r"\p{%s}+" % name):
                category[ord(c)] = index
    write("GeneralCategories", "General categories of the pattern engine.", [
        ("generalCategory", "Runs: length, position in `UnicodeTables.categories`.", runs(lambda c: category.get(c, 29)))])
    assert matched(r"\p{L}+") == {chr(c) for c, v in category.items() if v < 5}


def scripts():
    script, known = {}, []
    for name in SCRIPTS:
        try:
            members = matched(r"\p{%s}+" % name)
        except Exception:
            continue
        known.append(name)
        for c in members:
            script[ord(c)] = len(known)
    write("Scripts", "Scripts of the pattern engine.", [
        ("script", "Runs: length, position in `UnicodeTables.scripts` from 1; 0 for none.", runs(lambda c: script.get(c, 0)))])
    print("scripts:", ", ".join('"%s"' % n for n in known))


def pieces(component, text):
    return [piece for piece, _ in component.pre_tokenize_str(text)]


def properties():
    word, space = set(), set()
    text = "".join("a" + chr(c) + " " for c in POINTS)
    found = pieces(pre_tokenizers.Whitespace(), text)
    word = {p[1] for p in found if len(p) == 2 and p[0] == "a"}
    numeric = {c for c in ALL if False}
    split = pre_tokenizers.Digits(individual_digits=True)
    numeric = {p for p in pieces(split, "".join("a" + chr(c) for c in POINTS)) if len(p) == 1 and p != "a"}
    punctuation = {p for p in pieces(pre_tokenizers.Punctuation("isolated"), "".join("a" + chr(c) for c in POINTS)) if len(p) == 1 and p != "a"}
    clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    control = set(ALL) - set(clean.normalize_str(ALL)) - {c for c in ALL if clean.normalize_str("a" + c) != "a"}
    accents = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    nonspacing = {c for c in ALL if accents.normalize_str("a" + c) == "a"}
    combining = set(ALL) - set(normalizers.StripAccents().normalize_str(ALL))
    alphabetic = matched(r"[[:alpha:]]+")
    print({"word": len(word), "numeric": len(numeric), "punctuation": len(punctuation), "control": len(control),
           "nonspacing": len(nonspacing), "combining": len(combining), "alphabetic": len(alphabetic), "onig word": len(matched(r"\w+"))})
    def flags(members):
        return runs(lambda c: int(chr(c) in members))
    write("CharacterProperties", "Properties that single components depend on.", [
        ("word", "`\\\\w` of Whitespace and of added tokens that match single words. Runs: length, 0 or 1.", flags(word)),
        ("numeric", "Digits.", flags(numeric)),
        ("punctuation", "Punctuation and BertPreTokenizer.", flags(punctuation)),
        ("control", "Characters that BertNormalizer removes.", flags(control)),
        ("nonspacingMark", "Accents that BertNormalizer strips.", flags(nonspacing)),
        ("combiningMark", "Marks that StripAccents removes.", flags(combining)),
        ("alphabetic", "`[[:alpha:]]` of the pattern engine.", flags(alphabetic)),
        ("patternWord", "`\\\\w` of the pattern engine.", flags(matched(r"\w+")))])


def unicode_scripts():
    """Classes of UnicodeScripts; equal numbers do not separate. 0 separates from nothing."""
    component = pre_tokenizers.UnicodeScripts()
    def separate(a, b):
        return len(component.pre_tokenize_str(a + b)) == 2
    representatives, classes, last = [], {}, 0
    for c in POINTS:
        character = chr(c)
        if not (separate("a", character) or separate("中", character)):
            classes[c] = last = 0
            continue
        order = ([last] if last else []) + [i + 1 for i in range(len(representatives)) if i + 1 != last]
        for i in order:
            if not separate(representatives[i - 1], character):
                break
        else:
            representatives.append(character)
            i = len(representatives)
        classes[c] = last = i
    print("classes of UnicodeScripts:", len(representatives))
    write("ScriptClasses", "Classes of characters that UnicodeScripts keeps together.", [
        ("scriptClass", "Runs: length, class; 0 separates from nothing.", runs(lambda c: classes[c]))])


def lowercase():
    lower = normalizers.Lowercase()
    special, numbers, previous = [], [], 0
    for c in POINTS:
        mapped = lower.normalize_str(chr(c))
        if mapped != chr(c):
            numbers += [c - previous, len(mapped)] + [ord(x) for x in mapped]
            previous = c
    write("Lowercase", "Lowercase forms.", [("lowercase", "For each: distance to the character before, length, characters.", numbers)])


def normalization():
    nfd, nfkd, nfc = normalizers.NFD(), normalizers.NFKD(), normalizers.NFC()
    canonical, compatible, compositions, previous, last = [], [], [], 0, 0
    for c in POINTS:
        if 0xAC00 <= c < 0xD7A4:
            continue
        d, k = nfd.normalize_str(chr(c)), nfkd.normalize_str(chr(c))
        if d != chr(c):
            canonical += [c - previous, len(d)] + [ord(x) for x in d]
            previous = c
            if len(d) > 1 and nfc.normalize_str(d) == chr(c):
                first = nfc.normalize_str(d[:-1])
                assert len(first) == 1 and nfc.normalize_str(first + d[-1]) == chr(c)
                compositions += [ord(first), ord(d[-1]), c]
        if k != d:
            compatible += [c - last, len(k)] + [ord(x) for x in k]
            last = c
    marks = [c for c in POINTS if unicodedata.combining(chr(c)) or unicodedata.category(chr(c)) in ("Mn", "Mc", "Me", "Cn")]
    def swaps(a, b):
        return nfd.normalize_str("a" + a + b) == "a" + b + a and a != b
    representatives = {}
    for c in marks:
        k = unicodedata.combining(chr(c))
        if k and k not in representatives and nfd.normalize_str(chr(c)) == chr(c) and (swaps(chr(c), "\u0334") or swaps("\u0345", chr(c))):
            representatives[k] = chr(c)
    order = sorted(representatives)
    ccc = {}
    for c in marks:
        ch = chr(c)
        if nfd.normalize_str(ch) != ch or not (swaps(ch, "\u0334") or swaps("\u0345", ch) or c == 0x345):
            continue
        # The class is the smallest of the known ones that is not below; equal classes do not swap.
        equal = [k for k in order if not swaps(ch, representatives[k]) and not swaps(representatives[k], ch)]
        assert len(equal) == 1, (hex(c), equal)
        ccc[c] = equal[0]
    print("decompositions:", len(canonical), len(compatible), "compositions:", len(compositions) // 3, "combining classes:", len(ccc),
          "differs from Python:", sum(1 for c in ccc if unicodedata.combining(chr(c)) != ccc[c]))
    write("Normalization", "Decompositions, compositions and combining classes.", [
        ("canonicalDecomposition", "For each: distance to the character before, length, characters, without Hangul.", canonical),
        ("compatibilityDecomposition", "Likewise, where it differs from the canonical one.", compatible),
        ("composition", "Triples: first, second, composed.", compositions),
        ("combiningClass", "Runs: length, class.", runs(lambda c: ccc.get(c, 0)))])


if __name__ == "__main__":
    print("tokenizers", tokenizers.__version__)
    for step in (lowercase, normalization, properties, unicode_scripts, categories, scripts):
        print(step.__name__, flush=True)
        step()
