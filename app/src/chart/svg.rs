//! SVG as text. Whatever comes from data goes through [`escape`].

use std::fmt::Write;

use assay_model::words;

/// A picture being written.
pub struct Svg {
    text: String,
}

/// Which end of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle.
    Middle,
    /// It ends there.
    End,
}

impl Svg {
    /// A picture of this size, which says in words what it shows.
    pub fn new(width: f64, height: f64, says: &str) -> Self {
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-label=\"{}\">",
            escape(says)
        );
        Self { text }
    }

    /// A straight line of a class.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.push(format_args!(
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            from.0, from.1, to.0, to.1
        ));
    }

    /// A text of a class.
    pub fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            at.0,
            at.1,
            escape(text)
        ));
    }

    /// A bar of a class, with what it says when one points at it.
    pub fn bar(&mut self, class: &str, at: (f64, f64), size: (f64, f64), says: &str) {
        self.push(format_args!(
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\"><title>{}</title></rect>",
            at.0,
            at.1,
            size.0,
            size.1,
            escape(says)
        ));
    }

    /// A line through points, of a class; a gap in the values is a gap in the line.
    pub fn path(&mut self, class: &str, points: impl Iterator<Item = Option<(f64, f64)>>) {
        let mut way = String::new();
        let mut is_down = false;
        for point in points {
            if let Some((x, y)) = point {
                let _ = write!(way, "{}{x:.1} {y:.1}", if is_down { "L" } else { "M" });
            }
            is_down = point.is_some();
        }
        self.push(format_args!("<path class=\"{class}\" d=\"{way}\"/>"));
    }

    /// A point of a class, with what it says when one points at it.
    pub fn point(&mut self, class: &str, at: (f64, f64), says: &str) {
        self.push(format_args!(
            "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"><title>{}</title></circle>",
            at.0,
            at.1,
            escape(says)
        ));
    }

    /// The whole text.
    pub fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }

    fn push(&mut self, piece: std::fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = self.text.write_fmt(piece);
    }
}

/// A legend in a line at the top: a swatch and a name for each series.
pub fn legend(svg: &mut Svg, names: &[String], width: f64) {
    let mut x = 0.0;
    for (i, name) in names.iter().enumerate() {
        let shown = words::shorten(name, 18);
        let needs = 22.0 + wide(&shown);
        if x > 0.0 && x + needs > width {
            break;
        }
        svg.bar(&mark(i), (x, 4.0), (10.0, 10.0), name);
        svg.text("name", (x + 16.0, 13.0), Anchor::Start, &shown);
        x += needs + 12.0;
    }
}

/// The class of the `i`-th series.
pub fn mark(i: usize) -> String {
    format!("mark mark-{}", i % 8 + 1)
}

/// About how wide a text of the charts' size is.
pub fn wide(text: &str) -> f64 {
    text.chars()
        .map(|c| if c.is_uppercase() { 9.5 } else { 7.2 })
        .sum()
}

/// Text that is safe between tags and in attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
