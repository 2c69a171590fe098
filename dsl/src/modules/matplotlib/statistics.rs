//! Histograms, pies and box plots: the functions that count before they draw.

use super::data::{self, numbers};
use super::handles::add;
use super::options::{self, Options};
use super::state::Target;
use super::table::{Row, row};
use crate::runtime::{Exception, PyResult, Value};
use crate::show::figure::artist::{
    Artist, Bars, Dash, Kind, Line, Marker, Mesh, Note, Pen, Polygon, Segments, Step,
};
use crate::show::figure::axes::Scale;
use crate::show::figure::color::{Color, Mapping};

pub(super) const ROWS: &[Row] = &[
    row(
        "hist",
        "hist",
        "x, bins=None, range=None, density=False, weights=None, cumulative=False, bottom=None, histtype='bar', align='mid', orientation='vertical', rwidth=None, log=False, color=None, label=None, stacked=False, **kwargs",
        "A histogram: gives counts, borders and bars.",
        hist,
    ),
    row(
        "hist2d",
        "hist2d",
        "x, y, bins=10, range=None, density=False, **kwargs",
        "A histogram over two numbers, as colours.",
        hist2d,
    ),
    row(
        "pie",
        "pie",
        "x, explode=None, labels=None, colors=None, autopct=None, pctdistance=0.6, shadow=False, labeldistance=1.1, startangle=0, radius=1, counterclock=True, **kwargs",
        "A pie.",
        pie,
    ),
    row(
        "boxplot",
        "boxplot",
        "x, labels=None, tick_labels=None, vert=True, positions=None, widths=0.5, showfliers=True, **kwargs",
        "Boxes from quartile to quartile with whiskers.",
        boxplot,
    ),
];

/// The borders of the bins.
fn borders(bins: &Value, all: &[f64], range: Option<(f64, f64)>) -> PyResult<Vec<f64>> {
    let finite = || all.iter().copied().filter(|v| v.is_finite());
    let (low, high) = range.unwrap_or_else(|| {
        let low = finite().fold(f64::INFINITY, f64::min);
        let high = finite().fold(f64::NEG_INFINITY, f64::max);
        if low <= high { (low, high) } else { (0.0, 1.0) }
    });
    let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
    let n = finite().count().max(1) as f64;
    let sturges = n.log2().ceil() + 1.0;
    let count = match bins {
        Value::None => 10.0,
        Value::Str(word) => match &**word {
            "sturges" => sturges,
            "sqrt" => n.sqrt().ceil(),
            "rice" => (2.0 * n.cbrt()).ceil(),
            "auto" | "fd" => {
                let mut sorted: Vec<f64> = finite().collect();
                sorted.sort_by(f64::total_cmp);
                let spread = quantile(&sorted, 0.75) - quantile(&sorted, 0.25);
                let width = 2.0 * spread / n.cbrt();
                let fd = if width > 0.0 { ((high - low) / width).ceil() } else { 1.0 };
                if &**word == "auto" { fd.max(sturges) } else { fd }
            }
            other => {
                return Err(options::choice(
                    "bins",
                    other,
                    "'auto', 'fd', 'rice', 'sqrt', 'sturges'",
                ));
            }
        },
        Value::Int(count) => *count as f64,
        other => match other.as_int("bins") {
            Ok(count) if data::shape(other)?.is_empty() => count as f64,
            _ => {
                let borders = numbers(other, "bins")?;
                if borders.len() < 2 || borders.windows(2).any(|w| w[1] < w[0]) {
                    return Err(Exception::value_error("`bins` must increase monotonically"));
                }
                return Ok(borders);
            }
        },
    };
    if !(count >= 1.0) {
        return Err(Exception::value_error("`bins` must be positive, when an integer"));
    }
    let count = count.min(100_000.0) as usize;
    Ok((0..=count).map(|i| low + (high - low) * i as f64 / count as f64).collect())
}

/// How much falls between the borders; the last bin holds its upper border.
fn count(values: &[f64], weights: Option<&[f64]>, borders: &[f64]) -> Vec<f64> {
    let mut counts = vec![0.0; borders.len() - 1];
    let (first, last) = (borders[0], borders[borders.len() - 1]);
    for (i, v) in values.iter().enumerate() {
        if *v >= first && *v <= last {
            let bin = borders.partition_point(|b| b <= v).saturating_sub(1).min(counts.len() - 1);
            counts[bin] += weights.map_or(1.0, |w| w.get(i).copied().unwrap_or(1.0));
        }
    }
    counts
}

fn pair(value: &Value, name: &str) -> PyResult<Option<(f64, f64)>> {
    if value.is_none() {
        return Ok(None);
    }
    match numbers(value, name)?[..] {
        [low, high] => Ok(Some((low, high))),
        _ => Err(Exception::value_error(format!("{name} must be (low, high)"))),
    }
}

/// The data sets in a value: one, or a list of several.
fn sets(value: &Value) -> PyResult<Vec<Vec<f64>>> {
    if let Value::List(_) | Value::Tuple(_) = value {
        let items = data::items(value)?;
        let nested = items.iter().any(|i| data::shape(i).is_ok_and(|s| !s.is_empty()));
        if nested {
            return items.iter().map(|i| numbers(i, "x")).collect();
        }
    }
    let shape = data::shape(value)?;
    let all = numbers(value, "x")?;
    Ok(match shape[..] {
        [rows, columns] if columns <= 32 && rows > 1 && columns > 1 => {
            (0..columns).map(|c| (0..rows).map(|r| all[r * columns + c]).collect()).collect()
        }
        _ => vec![all],
    })
}

fn hist(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("hist", &v[15])?;
    let sets = sets(&v[0])?;
    let all: Vec<f64> = sets.concat();
    let borders = borders(&v[1], &all, pair(&v[2], "range")?)?;
    let weights = if v[4].is_none() { None } else { Some(numbers(&v[4], "weights")?) };
    let mut colors = match &v[12] {
        Value::None => Vec::new(),
        value => options::colors(value)?,
    };
    while colors.len() < sets.len() {
        colors.push(target.with(|axes| Ok(axes.next_color()))?);
    }
    let labels = match &v[13] {
        Value::None => Vec::new(),
        value => data::names(value).unwrap_or(vec![options::label(value)?]),
    };
    let style = v[7].as_str("histtype")?;
    if !matches!(&*style, "bar" | "barstacked" | "step" | "stepfilled") {
        return Err(options::choice(
            "histtype",
            &style,
            "'bar', 'barstacked', 'step', 'stepfilled'",
        ));
    }
    let upright = &*v[9].as_str("orientation")? == "vertical";
    let stacked = options::is_true(&v[14]) || &*style == "barstacked";
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    let edge = options.color(&["edgecolor", "ec"])?;
    let edge_width = options.float(&["linewidth", "lw"])?;
    let dash = options.dash(&["linestyle", "ls"])?.unwrap_or(Dash::Solid);
    let face = options.color(&["facecolor", "fc"])?;
    let order = options.float(&["zorder"])?;
    let filled = options.flag(&["fill"])?.unwrap_or(true);
    options.ignore(&["hatch"]);
    options.finish()?;
    if options::is_true(&v[11]) {
        target.with(|axes| {
            if upright {
                axes.y.scale = Scale::Log;
            } else {
                axes.x.scale = Scale::Log;
            }
            Ok(())
        })?;
    }
    let (mut results, mut handles) = (Vec::new(), Vec::new());
    let mut feet = vec![0.0; borders.len() - 1];
    let n = sets.len();
    for (s, set) in sets.iter().enumerate() {
        let mut counts = count(set, weights.as_deref(), &borders);
        if options::is_true(&v[3]) {
            let total: f64 = counts.iter().sum();
            for (c, b) in counts.iter_mut().zip(borders.windows(2)) {
                *c = if total > 0.0 { *c / total / (b[1] - b[0]) } else { 0.0 };
            }
        }
        if options::is_true(&v[5]) {
            let dense = options::is_true(&v[3]);
            let mut sum = 0.0;
            for (c, b) in counts.iter_mut().zip(borders.windows(2)) {
                sum += *c * if dense { b[1] - b[0] } else { 1.0 };
                *c = sum;
            }
        }
        let color = face.unwrap_or(colors[s]).faded(alpha);
        let label = labels.get(s).cloned();
        let tops: Vec<f64> = counts.iter().zip(&feet).map(|(c, f)| c + f).collect();
        let mut artist = if matches!(&*style, "step" | "stepfilled") {
            let mut outline = vec![(borders[0], feet[0])];
            for (i, top) in tops.iter().enumerate() {
                outline.extend([(borders[i], *top), (borders[i + 1], *top)]);
            }
            outline.push((borders[borders.len() - 1], 0.0));
            if !upright {
                outline.iter_mut().for_each(|p| *p = (p.1, p.0));
            }
            if &*style == "step" {
                let (x, y) = outline.into_iter().unzip();
                let color = edge.unwrap_or(color).faded(if edge.is_some() { alpha } else { 1.0 });
                let pen = Pen { color, width: edge_width.unwrap_or(1.0), dash };
                Artist::new(Kind::Line(line(x, y, pen)))
            } else {
                let edge = edge.map(|color| Pen { color, width: edge_width.unwrap_or(1.0), dash });
                Artist::new(Kind::Polygon(Polygon {
                    points: outline,
                    fill: color,
                    edge,
                    counts: true,
                }))
            }
        } else {
            let share = if v[10].is_none() {
                if n > 1 && !stacked { 0.8 } else { 1.0 }
            } else {
                v[10].as_float("rwidth")?
            };
            let rects = (0..counts.len())
                .map(|i| {
                    let (low, width) = (borders[i], borders[i + 1] - borders[i]);
                    let (slots, slot) = if stacked { (1, 0) } else { (n, s) };
                    let each = width * share / slots as f64;
                    let left = low + width * (1.0 - share) / 2.0 + each * slot as f64;
                    let (from, to) = (feet[i], tops[i]);
                    if upright {
                        [left, from, left + each, to]
                    } else {
                        [from, left, to, left + each]
                    }
                })
                .collect();
            let none = Color { alpha: 0.0, ..color };
            Artist::new(Kind::Bars(Bars {
                rects,
                fill: vec![if filled { color } else { none }],
                edge: edge.map(|c| c.faded(alpha)).or((!filled).then_some(colors[s])),
                edge_width: edge_width.unwrap_or(1.0),
                foot: Some(usize::from(upright)),
            }))
        };
        artist.label = label;
        artist.order = order.unwrap_or(artist.order);
        handles.push(add(target, artist)?);
        if stacked {
            feet.clone_from(&tops);
            results.push(tops);
        } else {
            results.push(counts);
        }
    }
    let single = n == 1;
    let counts = if single {
        data::vector(results.swap_remove(0))
    } else {
        Value::list(results.into_iter().map(data::vector).collect())
    };
    let bars = if single { handles.swap_remove(0) } else { Value::list(handles) };
    Ok(Value::tuple(vec![counts, data::vector(borders), bars]))
}

fn line(x: Vec<f64>, y: Vec<f64>, pen: Pen) -> Line {
    Line {
        x,
        y,
        marker: None,
        marker_size: 6.0,
        marker_face: pen.color,
        marker_edge: pen.color,
        pen,
        mark_every: 1,
        step: None::<Step>,
    }
}

fn hist2d(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("hist2d", &v[5])?;
    let (x, y) = (numbers(&v[0], "x")?, numbers(&v[1], "y")?);
    data::same_length(&x, &y)?;
    let (bins_x, bins_y) = match data::items(&v[2])?.as_slice() {
        [a, b] => (a.clone(), b.clone()),
        _ => (v[2].clone(), v[2].clone()),
    };
    let (xs, ys) = (borders(&bins_x, &x, None)?, borders(&bins_y, &y, None)?);
    let columns = xs.len() - 1;
    let mut counts = vec![0.0; columns * (ys.len() - 1)];
    let bin = |b: &[f64], v: f64| {
        (v >= b[0] && v <= b[b.len() - 1])
            .then(|| b.partition_point(|e| *e <= v).saturating_sub(1).min(b.len() - 2))
    };
    for (x, y) in x.iter().zip(&y) {
        if let (Some(c), Some(r)) = (bin(&xs, *x), bin(&ys, *y)) {
            counts[r * columns + c] += 1.0;
        }
    }
    let map = options.map()?;
    let (min, max) = (options.float(&["vmin"])?, options.float(&["vmax"])?);
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    options.ignore(&["cmin", "cmax", "norm"]);
    options.finish()?;
    let mapping = Mapping::over(&counts, map, min, max);
    let rows = ys.len() - 1;
    // numpy's order: the first axis is x.
    let turned: Vec<f64> = (0..columns)
        .flat_map(|c| (0..rows).map(move |r| (r, c)))
        .map(|(r, c)| counts[r * columns + c])
        .collect();
    let result = crate::modules::numpy::Array::from_vec(&[columns, rows], turned).to_value();
    let borders = (data::vector(xs.clone()), data::vector(ys.clone()));
    let mesh = Mesh { x: xs, y: ys, values: counts, mapping, alpha };
    let handle = add(target, Artist::new(Kind::Mesh(mesh)))?;
    Ok(Value::tuple(vec![result, borders.0, borders.1, handle]))
}

fn pie(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("pie", &v[11])?;
    let x = numbers(&v[0], "x")?;
    let total: f64 = x.iter().sum();
    if x.iter().any(|s| *s < 0.0) || !(total > 0.0) {
        return Err(Exception::value_error("Wedge sizes 'x' must be non negative values"));
    }
    let explode = if v[1].is_none() { vec![] } else { numbers(&v[1], "explode")? };
    let labels = data::names(&v[2]).unwrap_or_default();
    let colors = if v[3].is_none() { vec![] } else { options::colors(&v[3])? };
    let radius = v[9].as_float("radius")?;
    let (inner, label_at) = (v[5].as_float("pctdistance")?, v[7].as_float("labeldistance")?);
    options.ignore(&[
        "wedgeprops",
        "textprops",
        "frame",
        "normalize",
        "center",
        "rotatelabels",
        "hatch",
    ]);
    options.finish()?;
    let sign = if options::is_true(&v[10]) { 1.0 } else { -1.0 };
    let mut angle = v[8].as_float("startangle")?.to_radians();
    let (mut wedges, mut texts, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for (i, size) in x.iter().enumerate() {
        let share = size / total;
        let end = angle + sign * share * std::f64::consts::TAU;
        let middle = (angle + end) / 2.0;
        let (sin, cos) = middle.sin_cos();
        let out = explode.get(i).copied().unwrap_or(0.0) * radius;
        let center = (out * cos, out * sin);
        let steps = ((share * 180.0).ceil() as usize).max(2);
        let mut points = vec![center];
        points.extend((0..=steps).map(|k| {
            let a = angle + (end - angle) * k as f64 / steps as f64;
            (center.0 + radius * a.cos(), center.1 + radius * a.sin())
        }));
        let cycle = target.with(|axes| Ok(axes.next_color()))?;
        let fill = if colors.is_empty() { cycle } else { colors[i % colors.len()] };
        let label = labels.get(i).cloned();
        let polygon = Polygon { points, fill, edge: None, counts: true };
        let polygon = Artist::new(Kind::Polygon(polygon)).named(label.clone());
        wedges.push(add(target, polygon)?);
        let words = |text: String, distance: f64, across: i8| {
            let at = (center.0 + distance * radius * cos, center.1 + distance * radius * sin);
            let note = Note {
                text,
                at,
                in_axes: false,
                size: 10.0,
                color: Color::BLACK,
                bold: false,
                across,
                upright: 0,
                angle: 0.0,
                frame: None,
                arrow: None,
                shift: (0.0, 0.0),
            };
            add(target, Artist::new(Kind::Note(note)))
        };
        if let Some(text) = label {
            texts.push(words(text, label_at, if cos >= 0.0 { -1 } else { 1 })?);
        }
        if let Value::Str(format) = &v[4] {
            shares.push(words(super::bars::with_format(format, share * 100.0), inner, 0)?);
        }
        angle = end;
    }
    target.with(|axes| {
        axes.aspect = Some(1.0);
        axes.off = true;
        let reach = 1.25 * radius;
        axes.x.limits = (Some(-reach), Some(reach));
        axes.y.limits = (Some(-reach), Some(reach));
        Ok(())
    })?;
    let mut parts = vec![Value::list(wedges), Value::list(texts)];
    if !v[4].is_none() {
        parts.push(Value::list(shares));
    }
    Ok(Value::tuple(parts))
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    sorted[low] + part * (sorted[(low + 1).min(last)] - sorted[low])
}

fn boxplot(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("boxplot", &v[7])?;
    options.ignore(&[
        "notch",
        "sym",
        "whis",
        "patch_artist",
        "showmeans",
        "meanline",
        "medianprops",
        "boxprops",
        "whiskerprops",
        "capprops",
        "flierprops",
        "orientation",
    ]);
    options.finish()?;
    let sets = sets(&v[0])?;
    let upright = options::is_true(&v[3]);
    let places = if v[4].is_none() {
        (1..=sets.len()).map(|i| i as f64).collect()
    } else {
        numbers(&v[4], "positions")?
    };
    let half = v[5].as_float("widths").unwrap_or(0.5) / 2.0;
    let black = |color: Color| Pen { color, width: 1.0, dash: Dash::Solid };
    let (mut frames, mut medians) = (Vec::new(), Vec::new());
    let (mut out_x, mut out_y) = (Vec::new(), Vec::new());
    let turn = |p: (f64, f64)| if upright { p } else { (p.1, p.0) };
    for (set, at) in sets.iter().zip(&places) {
        let mut sorted: Vec<f64> = set.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        if sorted.is_empty() {
            continue;
        }
        let (low, middle, high) =
            (quantile(&sorted, 0.25), quantile(&sorted, 0.5), quantile(&sorted, 0.75));
        let reach = 1.5 * (high - low);
        let start = sorted.iter().copied().find(|v| *v >= low - reach).unwrap_or(low);
        let end = sorted.iter().rev().copied().find(|v| *v <= high + reach).unwrap_or(high);
        let mut piece = |a: (f64, f64), b: (f64, f64)| frames.push([turn(a), turn(b)]);
        piece((at - half, low), (at + half, low));
        piece((at - half, high), (at + half, high));
        piece((at - half, low), (at - half, high));
        piece((at + half, low), (at + half, high));
        piece((*at, low), (*at, start));
        piece((*at, high), (*at, end));
        piece((at - half / 2.0, start), (at + half / 2.0, start));
        piece((at - half / 2.0, end), (at + half / 2.0, end));
        medians.push([turn((at - half, middle)), turn((at + half, middle))]);
        for value in sorted.iter().filter(|v| **v < start || **v > end) {
            let (x, y) = turn((*at, *value));
            out_x.push(x);
            out_y.push(y);
        }
    }
    let segments = |pieces, pen| Kind::Segments(Segments { pieces, pen, caps: 0.0, line: None });
    let boxes = add(target, Artist::new(segments(frames, black(Color::BLACK))))?;
    let medians = add(target, Artist::new(segments(medians, black(Color::cycle(1)))))?;
    let mut fliers = Vec::new();
    if options::is_true(&v[6]) && !out_x.is_empty() {
        let mut dots = line(out_x, out_y, Pen { dash: Dash::None, ..black(Color::BLACK) });
        dots.marker = Some(Marker('o'));
        dots.marker_face = Color { alpha: 0.0, ..Color::BLACK };
        fliers.push(add(target, Artist::new(Kind::Line(dots)))?);
    }
    let names = data::names(&v[2]).or(data::names(&v[1]));
    let (first, last) =
        (places.first().copied().unwrap_or(1.0), places.last().copied().unwrap_or(1.0));
    target.with(|axes| {
        let axis = if upright { &mut axes.x } else { &mut axes.y };
        axis.ticks = Some(places.clone());
        axis.tick_labels =
            Some(names.unwrap_or_else(|| (1..=places.len()).map(|i| i.to_string()).collect()));
        axis.limits = (Some(first - 0.5), Some(last + 0.5));
        Ok(())
    })?;
    let parts = [("boxes", vec![boxes]), ("medians", vec![medians]), ("fliers", fliers)];
    Ok(Value::dict(parts.map(|(name, artists)| (name, Value::list(artists)))))
}
