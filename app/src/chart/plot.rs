//! What a specification asks to be drawn.

use assay_model::{Timestamp, tree};
use serde_json::Value;

/// How values are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A bar for each category, lying.
    Bar,
    /// A line over time.
    Line,
}

/// A chart, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// The title.
    pub title: String,
    /// The mark.
    pub mark: Mark,
    /// What the value axis says.
    pub value_title: String,
    /// The categories or points in time, as they are written.
    pub places: Vec<String>,
    /// The series, at least one; each has a value or a gap for each place.
    pub series: Vec<Series>,
}

/// Values of one colour.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What the colour stands for; empty when there is one series only.
    pub name: String,
    /// A value for each place.
    pub values: Vec<Option<f64>>,
}

impl Plot {
    /// Reads a specification of the shape that analyses make: values inside, a bar over
    /// categories or a line over time, perhaps a colour.
    pub fn read(spec: &Value) -> Option<Self> {
        let mark = match spec["mark"]
            .as_str()
            .or_else(|| spec["mark"]["type"].as_str())?
        {
            "bar" => Mark::Bar,
            "line" => Mark::Line,
            _ => return None,
        };
        let (x, y) = (&spec["encoding"]["x"], &spec["encoding"]["y"]);
        let (place, value) = if x["type"] == "quantitative" && mark == Mark::Bar {
            (y, x)
        } else {
            (x, y)
        };
        let place_field = place["field"].as_str()?;
        let value_field = value["field"].as_str()?;
        let colour_field = spec["encoding"]["color"]["field"].as_str();

        let mut plot = Self {
            title: title(&spec["title"]).unwrap_or_else(|| value_field.to_owned()),
            mark,
            value_title: title(&value["title"]).unwrap_or_else(|| value_field.to_owned()),
            places: Vec::new(),
            series: Vec::new(),
        };
        for row in spec["data"]["values"].as_array()? {
            let place = plot.place(word(&row[place_field]));
            let colour = colour_field
                .map(|field| word(&row[field]))
                .unwrap_or_default();
            let series = plot.series(colour);
            plot.put(series, place, figure(&row[value_field]));
        }
        (!plot.places.is_empty()).then_some(plot)
    }

    /// The least and the greatest value; zero is always among them for bars.
    pub fn range(&self) -> (f64, f64) {
        let values = self
            .series
            .iter()
            .flat_map(|series| series.values.iter().flatten());
        let first = (f64::INFINITY, f64::NEG_INFINITY);
        let (least, most) = values.fold(first, |(least, most), value| {
            (least.min(*value), most.max(*value))
        });
        match (self.mark, least <= most) {
            (_, false) => (0.0, 1.0),
            (Mark::Bar, _) => (least.min(0.0), most.max(0.0)),
            (Mark::Line, _) => (least, most),
        }
    }

    fn place(&mut self, word: String) -> usize {
        if let Some(at) = self.places.iter().position(|have| *have == word) {
            return at;
        }
        self.places.push(word);
        self.places.len() - 1
    }

    fn series(&mut self, name: String) -> usize {
        if let Some(at) = self.series.iter().position(|have| have.name == name) {
            return at;
        }
        self.series.push(Series {
            name,
            values: Vec::new(),
        });
        self.series.len() - 1
    }

    fn put(&mut self, series: usize, place: usize, value: Option<f64>) {
        for series in &mut self.series {
            series.values.resize(self.places.len(), None);
        }
        self.series[series].values[place] = value;
    }
}

/// A point in time as it is written: a day, or a day and a time of day.
pub fn time(word: &str) -> Option<Timestamp> {
    let mut text = word.replacen(' ', "T", 1);
    if !text.contains('T') {
        text.push_str("T00:00:00");
    }
    let clock = text.split_once('T').map_or("", |(_, clock)| clock);
    if !clock.contains(['Z', '+', '-']) {
        text.push('Z');
    }
    tree::read(Value::String(text)).ok()
}

fn title(value: &Value) -> Option<String> {
    let text = value.as_str().or_else(|| value["text"].as_str())?;
    Some(text.to_owned())
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "“”".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn figure(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    number.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bars() -> Value {
        json!({
            "title": "Mean of dep_delay by carrier", "mark": {"type": "bar"},
            "data": {"values": [{"carrier": "F9", "mean": 20.2}, {"carrier": null, "mean": -4.5}, {"carrier": "UA", "mean": null}]},
            "encoding": {
                "x": {"field": "mean", "type": "quantitative", "title": "mean of dep_delay"},
                "y": {"field": "carrier", "type": "nominal"},
            },
        })
    }

    #[test]
    fn a_bar_chart_is_read_with_its_nulls() {
        let plot = Plot::read(&bars()).unwrap();
        assert_eq!(plot.places, ["F9", "null", "UA"]);
        assert_eq!(plot.series[0].values, [Some(20.2), Some(-4.5), None]);
        assert_eq!(plot.range(), (-4.5, 20.2));
        assert_eq!(plot.value_title, "mean of dep_delay");
    }

    #[test]
    fn a_colour_makes_series_with_gaps() {
        let mut spec = bars();
        spec["encoding"]["color"] = json!({"field": "origin"});
        spec["data"]["values"] = json!([
            {"carrier": "F9", "origin": "LGA", "mean": 1}, {"carrier": "UA", "origin": "EWR", "mean": 2},
        ]);
        let plot = Plot::read(&spec).unwrap();
        let series: Vec<_> = plot
            .series
            .iter()
            .map(|series| (series.name.as_str(), series.values.clone()))
            .collect();
        assert_eq!(
            series,
            [
                ("LGA", vec![Some(1.0), None]),
                ("EWR", vec![None, Some(2.0)])
            ]
        );
    }

    #[test]
    fn what_is_not_drawn_here_is_none() {
        for mark in ["arc", "rect"] {
            let mut spec = bars();
            spec["mark"] = json!(mark);
            assert_eq!(Plot::read(&spec), None);
        }
        assert_eq!(
            Plot::read(&json!({"mark": "bar", "data": {"values": []}})),
            None
        );
        assert_eq!(Plot::read(&json!(null)), None);
    }

    #[test]
    fn days_and_times_of_day_are_times() {
        let millis = |word| time(word).map(Timestamp::as_millis);
        assert_eq!(millis("2013-01-01"), Some(1_356_998_400_000));
        assert_eq!(millis("2013-01-01 01:00:00"), Some(1_357_002_000_000));
        assert_eq!(millis("2013-01-01T01:00:00Z"), Some(1_357_002_000_000));
        assert_eq!(millis("EWR"), None);
    }
}
