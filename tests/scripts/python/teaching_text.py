text = """The quick brown fox jumps over the lazy dog.
The dog sleeps; the fox runs away. Foxes are quick!"""

def words(text):
    """Lower-case words without punctuation."""
    for line in text.splitlines():
        for word in line.split():
            cleaned = "".join(c for c in word.lower() if c.isalpha())
            if cleaned:
                yield cleaned

def frequencies(items):
    table = {}
    for item in items:
        table[item] = table.get(item, 0) + 1
    return table

counts = frequencies(words(text))
for word, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:5]:
    print(f"{word:<8}{count:>3} {'#' * count}")

def caesar(message, shift):
    result = ""
    for c in message:
        if c.isupper():
            result += chr((ord(c) - 65 + shift) % 26 + 65)
        elif c.islower():
            result += chr((ord(c) - 97 + shift) % 26 + 97)
        else:
            result += c
    return result
secret = caesar("Hello, World!", 3)
print(secret, caesar(secret, -3))

def is_palindrome(s):
    s = [c.lower() for c in s if c.isalnum()]
    return s == s[::-1]
print([is_palindrome(s) for s in ("A man, a plan, a canal: Panama", "hello", "")])

vocabulary = {word: i for i, word in enumerate(sorted(counts), start=1)}
encoded = [[vocabulary[w] for w in words(line)] for line in text.split("\n")]
print(len(vocabulary), encoded[0])
longest = max(len(e) for e in encoded)
padded = [e + [0] * (longest - len(e)) for e in encoded]
print([len(p) for p in padded], padded[0][-2:])
reverse = {i: w for w, i in vocabulary.items()}
print(" ".join(reverse.get(i, "?") for i in padded[1]).strip())
def levenshtein(a, b):
    previous = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        current = [i]
        for j, cb in enumerate(b, 1):
            current.append(min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (ca != cb)))
        previous = current
    return previous[-1]
print(levenshtein("kitten", "sitting"), levenshtein("", "abc"))
vowels = sum(1 for c in text.lower() if c in "aeiou")
print(vowels, text.count("o"), text.find("fox"), text.title()[:20], text[:9].swapcase())
print("{:>10}|{:^10}|{:<10}|".format("r", "c", "l"), "%-6s|%6.2f" % ("pi", 3.14159))
bigrams = {}
letters = [c for c in text.lower() if c.isalpha()]
for a, b in zip(letters, letters[1:]):
    bigrams.setdefault(a, []).append(b)
print(sorted(bigrams)[:4], "".join(bigrams["q"]))
