//! The exact quantile by linear interpolation (type 7 of Hyndman and Fan).
//!
//! Cost: keeps every value of every group, 8 bytes each. Nulls are passed over; NaN is
//! a value, the greatest.

use std::{
    hash::{Hash, Hasher},
    mem::size_of,
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, ListArray},
        buffer::OffsetBuffer,
        datatypes::{DataType, Field, FieldRef, Float64Type},
    },
    error::Result,
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature,
        Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};

use super::one_group::OneGroup;

/// Quantile `q`, from 0 to 1.
pub(crate) fn quantile(q: f64) -> AggregateUDF {
    AggregateUDF::new_from_impl(Quantile {
        q,
        name: format!("quantile_{q}"),
        signature: Signature::exact(vec![DataType::Float64], Volatility::Immutable),
    })
}

/// Where quantile `q` of `n` sorted values lies: the index below and the weight of the
/// value above it.
pub(crate) fn at_rank(n: u64, q: f64) -> (u64, f64) {
    let rank = n.saturating_sub(1) as f64 * q;
    let below = rank.floor();
    (below as u64, rank - below)
}

#[derive(Debug, Clone)]
struct Quantile {
    q: f64,
    /// Two quantiles of one query are told apart by their names.
    name: String,
    signature: Signature,
}

impl PartialEq for Quantile {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Quantile {}

impl Hash for Quantile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Quantile {
    fn groups(&self) -> Groups {
        Groups {
            q: self.q,
            values: Vec::new(),
            held: 0,
        }
    }
}

impl AggregateUDFImpl for Quantile {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneGroup(self.groups())))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(
            format!("{}[values]", args.name),
            DataType::List(item()),
            true,
        ))])
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.groups()))
    }
}

fn item() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::Float64, true))
}

#[derive(Debug)]
struct Groups {
    q: f64,
    values: Vec<Vec<f64>>,
    /// Values held in all groups.
    held: usize,
}

impl Groups {
    fn take(&mut self, emit: EmitTo) -> Vec<Vec<f64>> {
        let taken = emit.take_needed(&mut self.values);
        self.held -= taken.iter().map(Vec::len).sum::<usize>();
        taken
    }
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.values.resize_with(total_groups, Vec::new);
        let Some(array) = values.first().map(AsArray::as_primitive::<Float64Type>) else {
            return Ok(());
        };
        for (row, group) in groups.iter().enumerate() {
            let passes = filter.is_none_or(|f| f.is_valid(row) && f.value(row));
            let held = self.values.get_mut(*group);
            if let Some(held) = held.filter(|_| passes && array.is_valid(row)) {
                held.push(array.value(row));
                self.held += 1;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let q = self.q;
        let quantiles: Float64Array = self
            .take(emit)
            .into_iter()
            .map(|values| of(values, q))
            .collect();
        Ok(Arc::new(quantiles))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = self.take(emit);
        let values = Float64Array::from(groups.concat());
        Ok(vec![list(groups.iter().map(Vec::len), values)?])
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        total_groups: usize,
    ) -> Result<()> {
        self.values.resize_with(total_groups, Vec::new);
        let Some(lists) = states.first().map(AsArray::as_list::<i32>) else {
            return Ok(());
        };
        for (row, group) in groups.iter().enumerate() {
            if let Some(values) = self.values.get_mut(*group).filter(|_| lists.is_valid(row)) {
                let more = lists.value(row);
                let more = more.as_primitive::<Float64Type>().values();
                values.extend_from_slice(more);
                self.held += more.len();
            }
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        values
            .iter()
            .map(|array| {
                let array = array.as_primitive::<Float64Type>();
                let passes = |row: usize| {
                    array.is_valid(row) && filter.is_none_or(|f| f.is_valid(row) && f.value(row))
                };
                let rows = 0..array.len();
                let lengths = rows.clone().map(|row| usize::from(passes(row)));
                let kept = rows.filter(|row| passes(*row)).map(|row| array.value(row));
                list(lengths, Float64Array::from_iter_values(kept))
            })
            .collect()
    }

    fn size(&self) -> usize {
        // A vector that grows by doubling is three quarters full on average.
        self.held * size_of::<f64>() * 4 / 3 + self.values.capacity() * size_of::<Vec<f64>>()
    }
}

fn list(lengths: impl IntoIterator<Item = usize>, values: Float64Array) -> Result<ArrayRef> {
    Ok(Arc::new(ListArray::try_new(
        item(),
        OffsetBuffer::from_lengths(lengths),
        Arc::new(values),
        None,
    )?))
}

fn of(mut values: Vec<f64>, q: f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let (below, weight) = at_rank(values.len() as u64, q);
    let below = usize::try_from(below).unwrap_or(0).min(values.len() - 1);
    let (_, low, rest) = values.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let high = rest.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    Some(between(low, high, weight))
}

/// The point between two values, each end exactly where the weight says so.
pub(crate) fn between(low: f64, high: f64, weight: f64) -> f64 {
    if weight == 0.0 || low.total_cmp(&high).is_eq() {
        low
    } else {
        low + (high - low) * weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_as_type_7() {
        let q = |values: &[f64], q| of(values.to_vec(), q);
        assert_eq!(q(&[], 0.5), None);
        assert_eq!(q(&[7.0], 0.3), Some(7.0));
        assert_eq!(q(&[4.0, 1.0, 3.0, 2.0], 0.5), Some(2.5));
        assert_eq!(q(&[1.0, 2.0, 3.0, 4.0], 0.9), Some(3.7));
        assert_eq!(q(&[1.0, 2.0], 1.0), Some(2.0));
        assert_eq!(q(&[1.0, f64::INFINITY], 0.0), Some(1.0));
        assert!(q(&[1.0, f64::NAN, 2.0], 1.0).is_some_and(f64::is_nan));
        assert_eq!(q(&[1.0, f64::NAN, 2.0], 0.5), Some(2.0));
    }
}
