//! The parameters of built-in values' methods and a line about each: for `help`, `name?` and completion.

use std::collections::HashMap;

/// What is known of a method.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    /// Its parameters, without `self`.
    pub(crate) signature: &'static str,
    /// One line.
    pub(crate) doc: &'static str,
}

/// About `class.method`.
pub(crate) fn about(class: &str, method: &str) -> Option<About> {
    thread_local! {
        static ROWS: HashMap<(&'static str, &'static str), About> = rows().collect();
    }
    let class = match class {
        "bool" => "int",
        "frozenset" => "set",
        "OrderedDict" | "defaultdict" | "Counter" => "dict",
        "StringIO" => "TextIOWrapper",
        class => class,
    };
    ROWS.with(|rows| rows.get(&(class, method)).copied())
}

/// `class.method(parameters): line`, a method per line.
fn rows() -> impl Iterator<Item = ((&'static str, &'static str), About)> {
    TABLE.lines().filter_map(|line| {
        let (class, rest) = line.split_once('.')?;
        let (method, rest) = rest.split_once('(')?;
        let (signature, doc) = rest.split_once("): ")?;
        Some(((class, method), About { signature, doc }))
    })
}

const TABLE: &str = "\
str.capitalize(): The first letter large, the others small.
str.casefold(): Small letters, for comparisons.
str.center(width, fillchar=' ', /): In the middle of a text of this width.
str.count(sub, start=0, end=None, /): How often a part occurs, without overlaps.
str.encode(encoding='utf-8', errors='strict'): As bytes.
str.endswith(suffix, start=0, end=None, /): Whether it ends so; a tuple gives choices.
str.expandtabs(tabsize=8): Tabs as blanks.
str.find(sub, start=0, end=None, /): Where a part first occurs; -1 if nowhere.
str.format(*args, **kwargs): The fields in braces filled in.
str.format_map(mapping, /): The fields in braces filled in from a mapping.
str.index(sub, start=0, end=None, /): Where a part first occurs; ValueError if nowhere.
str.isalnum(): Whether it is all letters and digits.
str.isalpha(): Whether it is all letters.
str.isascii(): Whether it is all ASCII.
str.isdecimal(): Whether it is all decimal digits.
str.isdigit(): Whether it is all digits.
str.isidentifier(): Whether it could be a name.
str.islower(): Whether its letters are small.
str.isnumeric(): Whether it is all numeric characters.
str.isprintable(): Whether all of it can be printed.
str.isspace(): Whether it is all white space.
str.istitle(): Whether each word begins with a large letter.
str.isupper(): Whether its letters are large.
str.join(iterable, /): The items, with this text between them.
str.ljust(width, fillchar=' ', /): At the left of a text of this width.
str.lower(): All letters small.
str.lstrip(chars=None, /): Without white space (or these characters) at the left.
str.maketrans(x, y=None, z=None, /): A table for translate.
str.partition(sep, /): What is before the first separator, the separator, what is after it.
str.removeprefix(prefix, /): Without this beginning.
str.removesuffix(suffix, /): Without this end.
str.replace(old, new, count=-1, /): With a part replaced everywhere, or so many times.
str.rfind(sub, start=0, end=None, /): Where a part last occurs; -1 if nowhere.
str.rindex(sub, start=0, end=None, /): Where a part last occurs; ValueError if nowhere.
str.rjust(width, fillchar=' ', /): At the right of a text of this width.
str.rpartition(sep, /): What is before the last separator, the separator, what is after it.
str.rsplit(sep=None, maxsplit=-1): The parts between separators, counted from the right.
str.rstrip(chars=None, /): Without white space (or these characters) at the right.
str.split(sep=None, maxsplit=-1): The parts between separators; without one, between white space.
str.splitlines(keepends=False): The lines.
str.startswith(prefix, start=0, end=None, /): Whether it begins so; a tuple gives choices.
str.strip(chars=None, /): Without white space (or these characters) at both ends.
str.swapcase(): Small letters large and large ones small.
str.title(): Each word with a large first letter.
str.translate(table, /): Characters replaced by a table from maketrans.
str.upper(): All letters large.
str.zfill(width, /): With zeros in front, up to this width.
bytes.count(sub, /): How often a part occurs.
bytes.decode(encoding='utf-8', errors='strict'): As text.
bytes.endswith(suffix, /): Whether they end so.
bytes.find(sub, /): Where a part first occurs; -1 if nowhere.
bytes.hex(): Two hexadecimal digits per byte.
bytes.join(iterable, /): The items, with these bytes between them.
bytes.lower(): ASCII letters small.
bytes.replace(old, new, /): With a part replaced everywhere.
bytes.split(sep=None, maxsplit=-1): The parts between separators.
bytes.splitlines(): The lines.
bytes.startswith(prefix, /): Whether they begin so.
bytes.strip(): Without white space at both ends.
bytes.upper(): ASCII letters large.
list.append(object, /): Adds an item at the end.
list.clear(): Takes all items out.
list.copy(): A list of the same items.
list.count(value, /): How often a value occurs.
list.extend(iterable, /): Adds all items at the end.
list.index(value, start=0, stop=None, /): Where a value first occurs; ValueError if nowhere.
list.insert(index, object, /): Puts an item before this place.
list.pop(index=-1, /): Takes an item out and gives it: the last, or that at a place.
list.remove(value, /): Takes the first of this value out.
list.reverse(): Turns the order round, in place.
list.sort(*, key=None, reverse=False): Sorts in place; equal items keep their order.
tuple.count(value, /): How often a value occurs.
tuple.index(value, start=0, stop=None, /): Where a value first occurs; ValueError if nowhere.
range.count(value, /): How often a value occurs.
range.index(value, /): Where a value occurs; ValueError if nowhere.
dict.clear(): Takes all entries out.
dict.copy(): A dict of the same entries.
dict.fromkeys(iterable, value=None, /): A dict with these keys and one value for all.
dict.get(key, default=None, /): The value of a key, or the default.
dict.items(): Pairs of key and value.
dict.keys(): The keys.
dict.pop(key, default=None, /): Takes an entry out and gives its value, or the default if there is none.
dict.popitem(): Takes the last entry out and gives it.
dict.setdefault(key, default=None, /): The value of a key; the default is put in if there is none.
dict.update(other=(), /, **kwargs): Takes the entries of another in.
dict.values(): The values.
set.add(object, /): Puts an item in.
set.clear(): Takes all items out.
set.copy(): A set of the same items.
set.difference(*others): The items that are in none of the others.
set.difference_update(*others): Takes out what is in the others.
set.discard(object, /): Takes an item out, if it is there.
set.intersection(*others): The items that are in all.
set.intersection_update(*others): Keeps what is in all.
set.isdisjoint(other, /): Whether they have nothing in common.
set.issubset(other, /): Whether all items are in the other.
set.issuperset(other, /): Whether all items of the other are here.
set.pop(): Takes some item out and gives it.
set.remove(object, /): Takes an item out; KeyError if it is not there.
set.symmetric_difference(other, /): The items that are in one of the two.
set.symmetric_difference_update(other, /): Keeps what is in one of the two.
set.union(*others): The items of all.
set.update(*others): Takes the items of the others in.
int.as_integer_ratio(): The number and 1.
int.bit_count(): How many bits are 1.
int.bit_length(): How many bits it needs.
int.conjugate(): The number itself.
int.is_integer(): True.
int.to_bytes(length=1, byteorder='big', *, signed=False): As bytes.
float.as_integer_ratio(): Two integers whose ratio it is.
float.conjugate(): The number itself.
float.hex(): In hexadecimal digits.
float.is_integer(): Whether it is whole.
TextIOWrapper.close(): Writes what is left and closes the file.
TextIOWrapper.fileno(): The system's number of the file.
TextIOWrapper.flush(): Writes what is left.
TextIOWrapper.getvalue(): All of the text.
TextIOWrapper.isatty(): Whether it is a terminal.
TextIOWrapper.read(size=-1, /): So many characters, or all that are left.
TextIOWrapper.readable(): Whether it can be read.
TextIOWrapper.readline(size=-1, /): The next line, with its end.
TextIOWrapper.readlines(hint=-1, /): The lines that are left.
TextIOWrapper.seek(offset, whence=0, /): Goes to a place.
TextIOWrapper.seekable(): Whether it can go to places.
TextIOWrapper.tell(): The place.
TextIOWrapper.truncate(size=None, /): Cuts the file off.
TextIOWrapper.writable(): Whether it can be written.
TextIOWrapper.write(text, /): Writes a text and gives its length.
TextIOWrapper.writelines(lines, /): Writes texts, without adding line ends.
Pattern.findall(string, pos=0, endpos=None): All matches, as texts or tuples of groups.
Pattern.finditer(string, pos=0, endpos=None): All matches, one by one.
Pattern.fullmatch(string, pos=0, endpos=None): The match of the whole text, or None.
Pattern.match(string, pos=0, endpos=None): The match at the start, or None.
Pattern.search(string, pos=0, endpos=None): The first match anywhere, or None.
Pattern.split(string, maxsplit=0): The parts between matches.
Pattern.sub(repl, string, count=0): The text with matches replaced.
Pattern.subn(repl, string, count=0): The text with matches replaced, and how many there were.
Match.end(group=0, /): Where a group ends.
Match.expand(template, /): A template with the groups filled in.
Match.group(*groups): The text of a group, or of several.
Match.groupdict(default=None): The named groups.
Match.groups(default=None): All groups.
Match.span(group=0, /): Where a group begins and ends.
Match.start(group=0, /): Where a group begins.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{Signature, Value, types};
    use std::collections::HashSet;

    #[test]
    fn the_table_is_about_the_methods_that_there_are() {
        let rows: Vec<_> = rows().collect();
        assert_eq!(rows.len(), TABLE.lines().count(), "a line of the table cannot be read");
        for ((class, method), row) in &rows {
            assert!(!row.doc.is_empty(), "{class}.{method}");
            Signature::parse(row.signature);
        }
        let values = [
            Value::str(""),
            Value::list(Vec::new()),
            Value::tuple(Vec::new()),
            Value::dict::<&str>([]),
            Value::Set(std::rc::Rc::default()),
            Value::Int(1),
            Value::Float(1.0),
        ];
        for value in values {
            let class = value.type_name();
            let there: HashSet<&str> = types::method_names(&value).iter().copied().collect();
            let known: HashSet<&str> =
                rows.iter().filter(|((c, _), _)| *c == class).map(|((_, m), _)| *m).collect();
            assert_eq!(there, known, "{class}");
        }
    }
}
