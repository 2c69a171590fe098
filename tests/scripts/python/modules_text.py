# json, re, string, textwrap, pprint.
import json, re, string, textwrap, pprint
data = {"name": "Ada", "age": 36, "tags": ["a", "b"], "nested": {"x": None, "y": True, "z": 1.5}, "empty": [], "e2": {}, "u": "é\n\"q\" \\ /", "t": (1, 2), 5: "int key", 1.5: 0, None: 1, True: 2}
print(json.dumps(data)); print(json.dumps(data, indent=2)); print(json.dumps({"b": 1, "a": [1, {"c": 2}]}, sort_keys=True, indent=4)); print(json.dumps([1, 2, {"a": "b"}], separators=(",", ":")), json.dumps("é😀"), json.dumps("é😀", ensure_ascii=False), json.dumps(1e20), json.dumps(0.1), json.dumps(float("nan")), json.dumps(float("inf")), json.dumps([]), json.dumps({}), json.dumps([[]], indent=1), json.dumps({1, 2} and [1], indent="\t"))
print(json.loads('{"a": [1, 2.5, -3e2, true, false, null, "x\\u00e9\\n\\ud83d\\ude00"], "b": {}}'), json.loads(" [ ] "), json.loads("3"), json.loads('"s"'), json.loads("NaN"), json.loads("-Infinity"), json.loads("1E3"), json.loads(json.dumps(data)) == json.loads(json.dumps(data)))
print(json.dumps({"when": {1, 2}}, default=lambda o: sorted(o)), json.loads('{"a": 1}', object_hook=lambda d: list(d.items())))
def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
for bad in ("", "{", "[1,]", "{'a': 1}", '{"a" 1}', '{"a": 1,}', "[1 2]", "nul", '"abc', "[1] x", '{"a":}', '"\\q"', '"a\nb"', "01", "1.", "{1: 2}", "tru"):
    attempt(lambda: json.loads(bad))
attempt(lambda: json.dumps({1, 2}))
attempt(lambda: json.dumps({(1, 2): 3}))
attempt(lambda: json.dumps(object))
attempt(lambda: json.loads(5))
attempt(lambda: json.dumps(float("nan"), allow_nan=False))
try:
    json.loads("{bad}")
except json.JSONDecodeError as e:
    print("caught", e)
except ValueError as e:
    print("not this")
m = re.search(r"(\w+)@(\w+)\.com", "mail bob@site.com now"); print(m, m.group(), m.group(1), m.groups(), m.start(), m.end(), m.span(2), m[2], m.group(1, 2), bool(m), re.search("x", "abc"))
print(re.match(r"\d+", "123abc").group(), re.match(r"\d+", "abc"), re.fullmatch(r"\d+", "123"), re.fullmatch(r"\d+", "123a"), re.findall(r"\d+", "a1b22c333"), re.findall(r"(\w)(\d)", "a1b2"), re.findall(r"(\w)\d", "a1b2"), re.split(r"[,;]\s*", "a, b;c"), re.split(r"(-)", "a-b-c"), re.split(r",", "a,b,c", maxsplit=1), re.sub(r"\d", "#", "a1b2"), re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world"), re.sub(r"\d+", lambda m: str(int(m.group()) * 2), "a1b22"), re.sub("a", "b", "aaa", count=2), re.subn("a", "b", "aab"))
print(re.sub("x*", "-", "abxd"), re.findall("x*", "axb"), re.split("x*", "axbc"), [m.span() for m in re.finditer("a|", "baa")], re.sub(r"(?P<w>\w+)", r"<\g<w>>", "ab cd"), re.search(r"(?P<year>\d{4})-(?P<month>\d\d)", "on 2024-05-01").groupdict(), re.escape("a.b*c"), re.compile(r"a+", re.I).findall("aAbA"), re.findall(r"^\w", "ab\ncd", re.M), re.findall(r"a.b", "a\nb", re.S), re.compile("a(b)?").match("a").groups(), re.compile("a(b)?").match("a").groups("-"))
p = re.compile(r"\b[A-Z]\w*\b"); print(p, p.pattern, p.findall("The Quick fox"), p.sub("X", "The Quick fox"), p.search("the Fox").start(), re.findall(r"[^\W\d_]+", "abc_12 déf"), re.findall(r"\$\{(\w+)\}", "${a} ${b}"), re.split(r"\W+", "Words, words, words."), re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", "x.y@z.org, a@b.co"), re.match(r"{", "{"), re.findall(r"[\[\]&]", "a[b]&c"), re.findall("é", "éaé"), re.search("b", "éb").span(), re.findall(r"(?i)ab", "AB"), re.findall(r"a{2,3}", "aaaa a aa"), re.findall(r"'(.*?)'", "'a' 'b'"))
attempt(lambda: re.findall(5, "a")); attempt(lambda: re.findall("a", 5)); attempt(lambda: m.group(5)); attempt(lambda: m.group("nope"))
print(string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation, string.ascii_letters, string.hexdigits, repr(string.whitespace), string.capwords("hello big world"), string.Template("$a and ${b} $$").substitute(a=1, b=2), string.Template("$a $b").safe_substitute(a=1))
text = "The quick brown fox jumped over the lazy dog. It was a well-known, hard-working animal."
print(textwrap.fill(text, 30)); print(textwrap.wrap(text, 25)); print(textwrap.dedent("""
    first
      second
    third""")); print(textwrap.indent("a\n\nb", "> ")); print(textwrap.shorten(text, 30)); print(textwrap.fill(text, width=40, initial_indent="* ", subsequent_indent="  ")); print(text.translate(str.maketrans("", "", string.punctuation)))
pprint.pprint({"b": [1, 2, 3], "a": {"x": "y"}}); pprint.pprint({"key" + str(i): list(range(i * 3)) for i in range(6)}); pprint.pprint([("a" * 30, i) for i in range(4)]); print(pprint.pformat({"z": 1, "a": 2})); pprint.pprint(list(range(30))); pprint.pprint({"deep": {"er": {"list": ["x" * 20, "y" * 20, "z" * 20, "w" * 20]}}}, width=60)
