//! `itertools`: iterators made of iterators.

use super::Module;
use crate::runtime::object::Items;
use crate::runtime::types::args;
use crate::runtime::{Arguments, BinaryOp, Exception, Native, Object, PyResult, Value};
use crate::runtime::{context, iterate, operators};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

fn lazy(
    class: &'static str,
    next: impl FnMut() -> PyResult<Option<Value>> + 'static,
) -> PyResult<Value> {
    Ok(iterate::iterator(class, Box::new(next)))
}

fn call(function: &Value, given: Vec<Value>) -> PyResult<Value> {
    context::call(function, Arguments::positional(given))
}

pub(super) fn module() -> Module {
    let module = Module::new("itertools", "Iterators made of iterators.")
        .with("chain", Value::object(Chain))
        .function("count", "start=0, step=1", "start, start + step, and so on without end.", |v| {
            let (mut next, step) = (v[0].clone(), v[1].clone());
            lazy("itertools.count", move || {
                let item = next.clone();
                next = operators::binary(BinaryOp::Add, &next, &step)?;
                Ok(Some(item))
            })
        })
        .function("cycle", "iterable, /", "The items again and again.", |v| {
            let mut items = iterate::items(&v[0])?;
            let (mut seen, mut at, mut first_round) = (Vec::new(), 0, true);
            lazy("itertools.cycle", move || {
                if first_round {
                    if let Some(item) = items()? {
                        seen.push(item.clone());
                        return Ok(Some(item));
                    }
                    first_round = false;
                }
                let item = seen.get(at).cloned();
                at = (at + 1) % seen.len().max(1);
                Ok(item)
            })
        })
        .function("repeat", "object, times=None", "One object again and again.", |v| {
            let item = v[0].clone();
            let mut left = if v[1].is_none() { None } else { Some(args::index(&v[1])?) };
            lazy("itertools.repeat", move || {
                if let Some(left) = &mut left {
                    if *left <= 0 {
                        return Ok(None);
                    }
                    *left -= 1;
                }
                Ok(Some(item.clone()))
            })
        })
        .function(
            "islice",
            "iterable, /, *args",
            "Some of the items, as a slice picks them.",
            islice,
        )
        .function(
            "accumulate",
            "iterable, func=None, *, initial=None",
            "Running sums, or other results.",
            accumulate,
        )
        .function("compress", "data, selectors", "The items whose selectors are true.", |v| {
            let (mut data, mut selectors) = (iterate::items(&v[0])?, iterate::items(&v[1])?);
            lazy("itertools.compress", move || {
                loop {
                    let (Some(item), Some(flag)) = (data()?, selectors()?) else { return Ok(None) };
                    if operators::truth(&flag)? {
                        return Ok(Some(item));
                    }
                }
            })
        })
        .function(
            "takewhile",
            "predicate, iterable, /",
            "The items as long as a function is true.",
            |v| {
                let (function, mut items, mut done) = (v[0].clone(), iterate::items(&v[1])?, false);
                lazy("itertools.takewhile", move || {
                    if done {
                        return Ok(None);
                    }
                    let Some(item) = items()? else { return Ok(None) };
                    done = !operators::truth(&call(&function, vec![item.clone()])?)?;
                    Ok((!done).then_some(item))
                })
            },
        )
        .function(
            "dropwhile",
            "predicate, iterable, /",
            "The items from where a function is false.",
            |v| {
                let (function, mut items, mut started) =
                    (v[0].clone(), iterate::items(&v[1])?, false);
                lazy("itertools.dropwhile", move || {
                    loop {
                        let Some(item) = items()? else { return Ok(None) };
                        started =
                            started || !operators::truth(&call(&function, vec![item.clone()])?)?;
                        if started {
                            return Ok(Some(item));
                        }
                    }
                })
            },
        )
        .function(
            "filterfalse",
            "function, iterable, /",
            "The items for which a function is false.",
            |v| {
                let (function, mut items) = (v[0].clone(), iterate::items(&v[1])?);
                lazy("itertools.filterfalse", move || {
                    loop {
                        let Some(item) = items()? else { return Ok(None) };
                        let result = if function.is_none() {
                            item.clone()
                        } else {
                            call(&function, vec![item.clone()])?
                        };
                        if !operators::truth(&result)? {
                            return Ok(Some(item));
                        }
                    }
                })
            },
        )
        .function(
            "starmap",
            "function, iterable, /",
            "The results of a function of unpacked items.",
            |v| {
                let (function, mut items) = (v[0].clone(), iterate::items(&v[1])?);
                lazy("itertools.starmap", move || {
                    let Some(item) = items()? else { return Ok(None) };
                    call(&function, iterate::collect(&item)?).map(Some)
                })
            },
        )
        .function("pairwise", "iterable, /", "Each item with the next.", |v| {
            let mut items = iterate::items(&v[0])?;
            let mut before: Option<Value> = None;
            lazy("itertools.pairwise", move || {
                let first = match before.take() {
                    Some(item) => item,
                    None => match items()? {
                        Some(item) => item,
                        None => return Ok(None),
                    },
                };
                let Some(second) = items()? else { return Ok(None) };
                before = Some(second.clone());
                Ok(Some(Value::tuple(vec![first, second])))
            })
        })
        .function(
            "zip_longest",
            "*iterables, fillvalue=None",
            "As zip, until the longest ends.",
            |v| {
                let mut all: Vec<Items> =
                    iterate::collect(&v[0])?.iter().map(iterate::items).collect::<PyResult<_>>()?;
                let filler = v[1].clone();
                lazy("itertools.zip_longest", move || {
                    let (mut row, mut any) = (Vec::with_capacity(all.len()), false);
                    for items in &mut all {
                        let item = items()?;
                        any |= item.is_some();
                        row.push(item.unwrap_or_else(|| filler.clone()));
                    }
                    Ok(any.then(|| Value::tuple(row)))
                })
            },
        )
        .function("tee", "iterable, n=2, /", "Independent iterators over the same items.", tee)
        .function(
            "groupby",
            "iterable, key=None",
            "Neighbours with the same key, as groups.",
            group_by,
        );
    combinatorics(module)
}

fn combinatorics(module: Module) -> Module {
    module
        .function("product", "*iterables, repeat=1", "All ways to take one item of each.", |v| {
            let pools: Vec<Vec<Value>> =
                iterate::collect(&v[0])?.iter().map(iterate::collect).collect::<PyResult<_>>()?;
            let times = usize::try_from(args::index(&v[1])?)
                .map_err(|_| Exception::value_error("repeat argument cannot be negative"))?;
            let pools: Vec<Vec<Value>> =
                (0..times.min(1000)).flat_map(|_| pools.iter().cloned()).collect();
            let mut places = vec![0; pools.len()];
            let mut done = pools.iter().any(Vec::is_empty);
            lazy("itertools.product", move || {
                if done {
                    return Ok(None);
                }
                let row = places.iter().zip(&pools).filter_map(|(i, pool)| pool.get(*i).cloned());
                let row = Value::tuple(row.collect());
                done = true;
                for (place, pool) in places.iter_mut().zip(&pools).rev() {
                    *place += 1;
                    if *place < pool.len() {
                        done = false;
                        break;
                    }
                    *place = 0;
                }
                Ok(Some(row))
            })
        })
        .function("permutations", "iterable, r=None", "All orders of r of the items.", |v| {
            let pool = iterate::collect(&v[0])?;
            let length = pool.len();
            let r = if v[1].is_none() { length } else { count_of(&v[1])? };
            let mut rows = places(length, r, |row, next| !row.contains(&next), false);
            lazy("itertools.permutations", move || Ok(rows().map(|row| pick(&pool, &row))))
        })
        .function("combinations", "iterable, r", "All ways to choose r of the items.", |v| {
            let pool = iterate::collect(&v[0])?;
            let mut rows = places(
                pool.len(),
                count_of(&v[1])?,
                |row, next| row.last().is_none_or(|last| *last < next),
                true,
            );
            lazy("itertools.combinations", move || Ok(rows().map(|row| pick(&pool, &row))))
        })
        .function(
            "combinations_with_replacement",
            "iterable, r",
            "All ways to choose r of the items, each as often as wanted.",
            |v| {
                let pool = iterate::collect(&v[0])?;
                let mut rows = places(
                    pool.len(),
                    count_of(&v[1])?,
                    |row, next| row.last().is_none_or(|last| *last <= next),
                    true,
                );
                lazy("itertools.combinations_with_replacement", move || {
                    Ok(rows().map(|row| pick(&pool, &row)))
                })
            },
        )
}

fn count_of(value: &Value) -> PyResult<usize> {
    usize::try_from(args::index(value)?)
        .map_err(|_| Exception::value_error("r must be non-negative"))
}

fn pick(pool: &[Value], row: &[usize]) -> Value {
    Value::tuple(row.iter().filter_map(|i| pool.get(*i).cloned()).collect())
}

/// All rows of `r` places below `n` whose prefixes are allowed, in lexicographic order. With `sorted`, places never
/// fall, so the search can start at the last one.
fn places(
    n: usize,
    r: usize,
    allowed: fn(&[usize], usize) -> bool,
    sorted: bool,
) -> impl FnMut() -> Option<Vec<usize>> {
    let mut row: Vec<usize> = Vec::new();
    let (mut from, mut done) = (0, false);
    move || {
        if done {
            return None;
        }
        loop {
            if row.len() == r {
                let found = row.clone();
                match row.pop() {
                    Some(last) => from = last + 1,
                    None => done = true,
                }
                return Some(found);
            }
            let start = if sorted { from.max(row.last().copied().unwrap_or(0)) } else { from };
            match (start..n).find(|next| allowed(&row, *next)) {
                Some(next) => {
                    row.push(next);
                    from = 0;
                }
                None => match row.pop() {
                    Some(last) => from = last + 1,
                    None => {
                        done = true;
                        return None;
                    }
                },
            }
        }
    }
}

fn islice(values: Vec<Value>) -> PyResult<Value> {
    let bounds = iterate::collect(&values[1])?;
    let wrong = |i: usize| {
        let is_stop = i == 1 || bounds.len() == 1;
        let what = if is_stop { "Stop argument" } else { "Indices" };
        Exception::value_error(format!(
            "{what} for islice() must be None or an integer: 0 <= x <= sys.maxsize."
        ))
    };
    let bound = |i: usize| -> PyResult<Option<u64>> {
        match bounds.get(i) {
            None | Some(Value::None) => Ok(None),
            Some(value) => operators::as_index(value)
                .and_then(|n| u64::try_from(n).ok())
                .map(Some)
                .ok_or_else(|| wrong(i)),
        }
    };
    let (start, stop) = match bounds.len() {
        1 => (0, bound(0)?),
        2 | 3 => (bound(0)?.unwrap_or(0), bound(1)?),
        n => {
            return Err(Exception::type_error(format!(
                "islice expected at least 2 arguments, got {}",
                n + 1
            )));
        }
    };
    let step = bound(2)?.unwrap_or(1);
    if step == 0 {
        return Err(Exception::value_error(
            "Step for islice() must be a positive integer or None.",
        ));
    }
    let mut items = iterate::items(&values[0])?;
    let (mut at, mut wanted) = (0_u64, start);
    lazy("itertools.islice", move || {
        loop {
            if stop.is_some_and(|stop| wanted >= stop) {
                // What lies between is taken as well, as far as the end.
                while stop.is_some_and(|stop| at < stop) {
                    if items()?.is_none() {
                        break;
                    }
                    at += 1;
                }
                return Ok(None);
            }
            let Some(item) = items()? else { return Ok(None) };
            at += 1;
            if at - 1 == wanted {
                wanted = wanted.saturating_add(step);
                return Ok(Some(item));
            }
        }
    })
}

fn accumulate(values: Vec<Value>) -> PyResult<Value> {
    let (mut items, function) = (iterate::items(&values[0])?, values[1].clone());
    let mut first = if values[2].is_none() { None } else { Some(values[2].clone()) };
    let mut total: Option<Value> = None;
    lazy("itertools.accumulate", move || {
        if let Some(start) = first.take() {
            total = Some(start.clone());
            return Ok(Some(start));
        }
        let Some(item) = items()? else { return Ok(None) };
        let next = match &total {
            None => item,
            Some(total) if function.is_none() => operators::binary(BinaryOp::Add, total, &item)?,
            Some(total) => call(&function, vec![total.clone(), item])?,
        };
        total = Some(next.clone());
        Ok(Some(next))
    })
}

fn tee(values: Vec<Value>) -> PyResult<Value> {
    let count = count_of(&values[1])?.min(1000);
    let source = Rc::new(RefCell::new(iterate::items(&values[0])?));
    let queues: Rc<RefCell<Vec<VecDeque<Value>>>> =
        Rc::new(RefCell::new(vec![VecDeque::new(); count]));
    let mut iterators = Vec::new();
    for i in 0..count {
        let (source, queues) = (source.clone(), queues.clone());
        let next = move || {
            let waiting = queues.borrow_mut().get_mut(i).and_then(VecDeque::pop_front);
            if waiting.is_some() {
                return Ok(waiting);
            }
            let Some(item) = (source.borrow_mut())()? else { return Ok(None) };
            for (j, queue) in queues.borrow_mut().iter_mut().enumerate() {
                if i != j {
                    queue.push_back(item.clone());
                }
            }
            Ok(Some(item))
        };
        iterators.push(iterate::iterator("itertools._tee", Box::new(next)));
    }
    Ok(Value::tuple(iterators))
}

/// What a `groupby` and its groups share: the item that was read ahead, and the number of the current group.
struct Groups {
    items: Items,
    key: Value,
    ahead: Option<(Value, Value)>,
    group: usize,
    ended: bool,
}

impl Groups {
    fn read(&mut self) -> PyResult<()> {
        self.ahead = match (self.items)()? {
            None => None,
            Some(item) if self.key.is_none() => Some((item.clone(), item)),
            Some(item) => Some((call(&self.key, vec![item.clone()])?, item)),
        };
        self.ended = self.ahead.is_none();
        Ok(())
    }
}

fn group_by(values: Vec<Value>) -> PyResult<Value> {
    let groups = Rc::new(RefCell::new(Groups {
        items: iterate::items(&values[0])?,
        key: values[1].clone(),
        ahead: None,
        group: 0,
        ended: false,
    }));
    let mut current: Option<Value> = None;
    lazy("itertools.groupby", move || {
        let mut shared = groups.borrow_mut();
        if shared.group == 0 && shared.ahead.is_none() && !shared.ended {
            shared.read()?;
        }
        // What the program left of the last group is passed over.
        while let (Some(current), Some((key, _))) = (&current, &shared.ahead) {
            if !operators::equals(current, key)? {
                break;
            }
            shared.read()?;
        }
        let Some((key, _)) = shared.ahead.clone() else { return Ok(None) };
        current = Some(key.clone());
        shared.group += 1;
        let (mine, groups, own_key) = (shared.group, groups.clone(), key.clone());
        let next = move || {
            let mut shared = groups.borrow_mut();
            let belongs = match &shared.ahead {
                Some((key, _)) if shared.group == mine => operators::equals(&own_key, key)?,
                _ => false,
            };
            if !belongs {
                return Ok(None);
            }
            let item = shared.ahead.take().map(|(_, item)| item);
            shared.read()?;
            Ok(item)
        };
        let group = iterate::iterator("itertools._grouper", Box::new(next));
        Ok(Some(Value::tuple(vec![key, group])))
    })
}

/// `itertools.chain`, with `chain.from_iterable`.
struct Chain;

impl Chain {
    fn over(mut sources: Items) -> PyResult<Value> {
        let mut current: Option<Items> = None;
        lazy("itertools.chain", move || {
            loop {
                if let Some(items) = &mut current
                    && let Some(item) = items()?
                {
                    return Ok(Some(item));
                }
                let Some(source) = sources()? else { return Ok(None) };
                current = Some(iterate::items(&source)?);
            }
        })
    }
}

impl Object for Chain {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok("<class 'itertools.chain'>".to_owned())
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok((name == "from_iterable").then(|| {
            Native::value("from_iterable", "iterable, /", "The items of the items.", |v| {
                Chain::over(iterate::items(&v[0])?)
            })
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        vec!["from_iterable".to_owned()]
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        Chain::over(iterate::items(&Value::tuple(arguments.positional))?)
    }

    fn is_callable(&self) -> bool {
        true
    }
}
