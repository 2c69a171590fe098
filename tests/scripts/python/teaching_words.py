# A text analysis as courses write it.
text = """It was the best of times, it was the worst of times, it was the age of wisdom,
it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity"""
words = text.lower().replace(",", "").split()
freq = {}
for w in words:
    freq[w] = freq.get(w, 0) + 1
top = sorted(freq.items(), key=lambda p: (-p[1], p[0]))[:5]
for word, count in top:
    print(f"{word:<10}{count:>4} {'#' * count}")
print(len(words), len(set(words)), max(words, key=len), sum(map(len, words)) / len(words))
vocab = {w: i for i, w in enumerate(sorted(set(words)))}
encoded = [vocab[w] for w in words]
print(encoded[:10], [k for k, v in vocab.items() if v == encoded[0]])
bigrams = list(zip(words, words[1:]))
print(bigrams[:3], len(set(bigrams)))
caesar = "".join(chr((ord(c) - 97 + 3) % 26 + 97) if c.isalpha() else c for c in text.lower()[:30])
print(caesar)
print("\n".join(f"{i:2d}. {line[:40]!r}" for i, line in enumerate(text.splitlines(), 1)))
def is_palindrome(s):
    s = "".join(c for c in s.lower() if c.isalnum())
    return s == s[::-1]
print(is_palindrome("A man, a plan, a canal: Panama"), is_palindrome("python"))
vowels = sum(c in "aeiou" for c in text.lower())
print(vowels, f"{vowels / len(text):.1%}", text.count("it was"), text.title()[:30])
matrix = [[i * j for j in range(1, 6)] for i in range(1, 6)]
for row in matrix:
    print(" ".join(f"{n:3}" for n in row))
print([list(col) for col in zip(*matrix)][1], sum(matrix[i][i] for i in range(5)))
