//! Functions that keep one number a group and fold the next into it.

use std::{
    fmt::Debug,
    hash::{Hash, Hasher},
    mem::size_of,
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray},
        buffer::NullBuffer,
        datatypes::{DataType, Decimal128Type, Field, FieldRef, Float64Type, Int64Type},
    },
    error::Result,
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature,
        Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};

use super::one_group::OneGroup;
use crate::EngineError;

/// The exact sum of whole numbers; past 64 bits it is an error that names the column.
///
/// Kept in 128 bits, so that the order of the rows does not decide whether it fits.
pub(crate) fn integer_sum(column: &str) -> AggregateUDF {
    AggregateUDF::new_from_impl(FoldFunction::new(IntegerSum(column.to_owned())))
}

/// The least number; NaN only where there is nothing else.
pub(crate) fn least() -> AggregateUDF {
    AggregateUDF::new_from_impl(FoldFunction::new(Extreme { greatest: false }))
}

/// The greatest number; NaN is greater than all others.
pub(crate) fn greatest() -> AggregateUDF {
    AggregateUDF::new_from_impl(FoldFunction::new(Extreme { greatest: true }))
}

trait Fold: Debug + Clone + PartialEq + Eq + Hash + Send + Sync + 'static {
    type Input: ArrowPrimitiveType;
    type State: ArrowPrimitiveType;

    fn name(&self) -> &'static str;
    /// What changes nothing when it is folded in.
    fn identity(&self) -> Native<Self>;
    fn start(value: <Self::Input as ArrowPrimitiveType>::Native) -> Native<Self>;
    fn fold(&self, one: Native<Self>, other: Native<Self>) -> Native<Self>;
    fn finish(&self, states: PrimitiveArray<Self::State>) -> Result<ArrayRef>;
}

type Native<F> = <<F as Fold>::State as ArrowPrimitiveType>::Native;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct IntegerSum(String);

impl Fold for IntegerSum {
    type Input = Int64Type;
    type State = Decimal128Type;

    fn name(&self) -> &'static str {
        "integer_sum"
    }

    fn identity(&self) -> i128 {
        0
    }

    fn start(value: i64) -> i128 {
        i128::from(value)
    }

    fn fold(&self, one: i128, other: i128) -> i128 {
        // No number of rows brings 64-bit values past 128 bits.
        one.wrapping_add(other)
    }

    fn finish(&self, states: PrimitiveArray<Decimal128Type>) -> Result<ArrayRef> {
        let sums = states.try_unary::<_, Int64Type, EngineError>(|sum| {
            i64::try_from(sum).map_err(|_| EngineError::Overflow {
                column: self.0.clone(),
            })
        });
        Ok(Arc::new(sums.map_err(EngineError::through)?))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Extreme {
    greatest: bool,
}

impl Fold for Extreme {
    type Input = Float64Type;
    type State = Float64Type;

    fn name(&self) -> &'static str {
        if self.greatest { "greatest" } else { "least" }
    }

    fn identity(&self) -> f64 {
        if self.greatest {
            f64::NEG_INFINITY
        } else {
            f64::NAN
        }
    }

    fn start(value: f64) -> f64 {
        value
    }

    fn fold(&self, one: f64, other: f64) -> f64 {
        // A NaN with its sign bit set would be least of all: any NaN is the greatest.
        let above = one.is_nan() || (!other.is_nan() && one > other);
        if above == self.greatest { one } else { other }
    }

    fn finish(&self, states: PrimitiveArray<Float64Type>) -> Result<ArrayRef> {
        Ok(Arc::new(states))
    }
}

#[derive(Debug, Clone)]
struct FoldFunction<F> {
    fold: F,
    signature: Signature,
}

impl<F: Fold> FoldFunction<F> {
    fn new(fold: F) -> Self {
        let signature = Signature::exact(vec![F::Input::DATA_TYPE], Volatility::Immutable);
        Self { fold, signature }
    }

    fn groups(&self) -> FoldGroups<F> {
        FoldGroups {
            fold: self.fold.clone(),
            values: Vec::new(),
            seen: Vec::new(),
        }
    }
}

impl<F: Fold> PartialEq for FoldFunction<F> {
    fn eq(&self, other: &Self) -> bool {
        self.fold == other.fold
    }
}

impl<F: Fold> Eq for FoldFunction<F> {}

impl<F: Fold> Hash for FoldFunction<F> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fold.hash(state);
    }
}

impl<F: Fold> AggregateUDFImpl for FoldFunction<F> {
    fn name(&self) -> &str {
        self.fold.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(F::Input::DATA_TYPE)
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneGroup(self.groups())))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(
            format!("{}[state]", args.name),
            F::State::DATA_TYPE,
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

#[derive(Debug)]
struct FoldGroups<F: Fold> {
    fold: F,
    values: Vec<Native<F>>,
    /// Whether a group has a value at all; without one it is null.
    seen: Vec<bool>,
}

impl<F: Fold> FoldGroups<F> {
    fn add(&mut self, group: usize, value: Native<F>) {
        if let (Some(held), Some(seen)) = (self.values.get_mut(group), self.seen.get_mut(group)) {
            *held = self.fold.fold(*held, value);
            *seen = true;
        }
    }

    fn grow(&mut self, groups: usize) {
        self.values.resize(groups, self.fold.identity());
        self.seen.resize(groups, false);
    }

    fn take(&mut self, emit: EmitTo) -> PrimitiveArray<F::State> {
        let values = emit.take_needed(&mut self.values);
        let seen = emit.take_needed(&mut self.seen);
        PrimitiveArray::new(values.into(), Some(NullBuffer::from(seen)))
    }
}

impl<F: Fold> GroupsAccumulator for FoldGroups<F> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.grow(total_groups);
        let Some(array) = values.first().map(AsArray::as_primitive::<F::Input>) else {
            return Ok(());
        };
        let passes = |row: usize| {
            array.is_valid(row) && filter.is_none_or(|f| f.is_valid(row) && f.value(row))
        };
        if array.null_count() == 0 && filter.is_none() {
            for (group, value) in groups.iter().zip(array.values()) {
                self.add(*group, F::start(*value));
            }
        } else {
            for (row, group) in groups.iter().enumerate().filter(|(row, _)| passes(*row)) {
                self.add(*group, F::start(array.value(row)));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let states = self.take(emit);
        self.fold.finish(states)
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(self.take(emit))])
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        total_groups: usize,
    ) -> Result<()> {
        self.grow(total_groups);
        if let Some(states) = states.first().map(AsArray::as_primitive::<F::State>) {
            for (group, state) in groups.iter().zip(states) {
                if let Some(state) = state {
                    self.add(*group, state);
                }
            }
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let states: Vec<ArrayRef> = values
            .iter()
            .map(|array| {
                let values = array.as_primitive::<F::Input>().iter().enumerate();
                let states: PrimitiveArray<F::State> = values
                    .map(|(row, value)| {
                        let passes = filter.is_none_or(|f| f.is_valid(row) && f.value(row));
                        value.filter(|_| passes).map(F::start)
                    })
                    .collect();
                Arc::new(states) as ArrayRef
            })
            .collect();
        Ok(states)
    }

    fn size(&self) -> usize {
        self.values.capacity() * size_of::<Native<F>>() + self.seen.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_the_greatest_wherever_it_stands() {
        let fold = |greatest, values: &[f64]| {
            let extreme = Extreme { greatest };
            values
                .iter()
                .copied()
                .reduce(|a, b| extreme.fold(a, b))
                .unwrap()
        };
        for values in [
            [1.0, f64::NAN, 2.0],
            [f64::NAN, 1.0, 2.0],
            [2.0, 1.0, -f64::NAN],
        ] {
            assert!(fold(true, &values).is_nan());
            assert_eq!(fold(false, &values).to_bits(), 1.0_f64.to_bits());
        }
        assert!(fold(false, &[f64::NAN, f64::NAN]).is_nan());
    }

    #[test]
    fn a_sum_past_64_bits_is_an_error_and_one_that_comes_back_is_not() {
        let sum = IntegerSum("n".to_owned());
        let max = i128::from(i64::MAX);
        let finish = |values: &[i128]| {
            let total = values.iter().copied().fold(0, |a, b| sum.fold(a, b));
            sum.finish(PrimitiveArray::from(vec![total]))
        };
        assert!(finish(&[max, 1, -1]).is_ok());
        let error = EngineError::from(finish(&[max, 1]).unwrap_err());
        assert!(matches!(error, EngineError::Overflow { column } if column == "n"));
    }
}
