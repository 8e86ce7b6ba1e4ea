//! This exists to walk through a call as it is typed, so that fen, points, times and days are told apart
//! without a list of fields: whatever call is added is explained with the same care.

use serde::ser::{self, Serialize};
use std::fmt;

/// A part of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Nothing is given.
    None,
    /// A yes or a no.
    Yes(bool),
    /// A text, an identifier, hexadecimal digits, or a day.
    Text(String),
    /// A number without a unit of its own.
    Number(String),
    /// A number with a type that has a unit.
    Unit(Unit, u64),
    /// One of several words, perhaps with something to it.
    Choice(&'static str, Option<Box<Self>>),
    /// Several of one kind.
    List(Vec<Self>),
    /// Named parts.
    Fields(Vec<(&'static str, Self)>),
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Fen.
    Fen,
    /// Points.
    Points,
    /// Minutes of service.
    Minutes,
    /// Milliseconds since the epoch.
    Time,
}

/// The parts of a value.
///
/// # Errors
/// For a type that no call has: a map, raw bytes, a float.
pub(crate) fn parts<T: Serialize + ?Sized>(value: &T) -> Result<Part, NoPart> {
    value.serialize(Walk)
}

/// A type that no call has.
#[derive(Debug, thiserror::Error)]
#[error("a call holds {0}")]
pub(crate) struct NoPart(String);

impl ser::Error for NoPart {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

struct Walk;

/// A list or a tuple on its way.
struct Items {
    around: Option<&'static str>,
    items: Vec<Part>,
}

/// Fields on their way.
struct Named {
    around: Option<&'static str>,
    fields: Vec<(&'static str, Part)>,
}

impl Items {
    fn new(around: Option<&'static str>) -> Self {
        Self { around, items: Vec::new() }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoPart> {
        self.items.push(parts(value)?);
        Ok(())
    }

    fn finish(self) -> Part {
        around(self.around, Part::List(self.items))
    }
}

fn around(choice: Option<&'static str>, part: Part) -> Part {
    match choice {
        Some(choice) => Part::Choice(choice, Some(Box::new(part))),
        None => part,
    }
}

macro_rules! numbers {
    ($($method:ident $type:ty)*) => {
        $(fn $method(self, value: $type) -> Result<Part, NoPart> {
            Ok(Part::Number(value.to_string()))
        })*
    };
}

impl ser::Serializer for Walk {
    type Ok = Part;
    type Error = NoPart;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = ser::Impossible<Part, NoPart>;
    type SerializeStruct = Named;
    type SerializeStructVariant = Named;

    numbers! {
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64
    }

    fn serialize_bool(self, value: bool) -> Result<Part, NoPart> {
        Ok(Part::Yes(value))
    }

    fn serialize_f32(self, _: f32) -> Result<Part, NoPart> {
        Err(NoPart("a float".to_owned()))
    }

    fn serialize_f64(self, _: f64) -> Result<Part, NoPart> {
        Err(NoPart("a float".to_owned()))
    }

    fn serialize_char(self, value: char) -> Result<Part, NoPart> {
        Ok(Part::Text(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<Part, NoPart> {
        Ok(Part::Text(value.to_owned()))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Part, NoPart> {
        Err(NoPart("raw bytes".to_owned()))
    }

    fn serialize_none(self) -> Result<Part, NoPart> {
        Ok(Part::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Part, NoPart> {
        parts(value)
    }

    fn serialize_unit(self) -> Result<Part, NoPart> {
        Ok(Part::None)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Part, NoPart> {
        Ok(Part::None)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Part, NoPart> {
        Ok(Part::Choice(variant, None))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Part, NoPart> {
        let unit = match name {
            "Fen" => Unit::Fen,
            "Points" => Unit::Points,
            "Minutes" => Unit::Minutes,
            "BlockTime" => Unit::Time,
            _ => return parts(value),
        };
        let part = parts(value)?;
        let number = match &part {
            Part::Text(digits) | Part::Number(digits) => digits.parse().ok(),
            _ => None,
        };
        Ok(number.map_or(part, |number| Part::Unit(unit, number)))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Part, NoPart> {
        Ok(around(Some(variant), parts(value)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, NoPart> {
        Ok(Items::new(None))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items, NoPart> {
        Ok(Items::new(None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items, NoPart> {
        Ok(Items::new(None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items, NoPart> {
        Ok(Items::new(Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, NoPart> {
        Err(NoPart("a map".to_owned()))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Named, NoPart> {
        Ok(Named { around: None, fields: Vec::new() })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Named, NoPart> {
        Ok(Named { around: Some(variant), fields: Vec::new() })
    }
}

impl ser::SerializeSeq for Items {
    type Ok = Part;
    type Error = NoPart;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoPart> {
        self.push(value)
    }

    fn end(self) -> Result<Part, NoPart> {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for Items {
    type Ok = Part;
    type Error = NoPart;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoPart> {
        self.push(value)
    }

    fn end(self) -> Result<Part, NoPart> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for Items {
    type Ok = Part;
    type Error = NoPart;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoPart> {
        self.push(value)
    }

    fn end(self) -> Result<Part, NoPart> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleVariant for Items {
    type Ok = Part;
    type Error = NoPart;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoPart> {
        self.push(value)
    }

    fn end(self) -> Result<Part, NoPart> {
        Ok(self.finish())
    }
}

impl ser::SerializeStruct for Named {
    type Ok = Part;
    type Error = NoPart;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), NoPart> {
        self.fields.push((name, parts(value)?));
        Ok(())
    }

    fn end(self) -> Result<Part, NoPart> {
        Ok(around(self.around, Part::Fields(self.fields)))
    }
}

impl ser::SerializeStructVariant for Named {
    type Ok = Part;
    type Error = NoPart;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), NoPart> {
        self.fields.push((name, parts(value)?));
        Ok(())
    }

    fn end(self) -> Result<Part, NoPart> {
        Ok(around(self.around, Part::Fields(self.fields)))
    }
}
