//! This exists to find every name that a call can hold, from the types themselves: it answers serde's
//! questions with one choice after the other until all were made.

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use std::fmt;

/// A name met on the way into a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    Variant(&'static str),
    Field(&'static str),
}

/// Every way into a type, each as the names met from outside in.
pub(super) fn ways<T: DeserializeOwned>() -> Vec<Vec<Met>> {
    let mut ways = Vec::new();
    let mut plan = Vec::new();
    loop {
        let mut probe = Probe { plan: &plan, made: Vec::new(), met: Vec::new() };
        // Always an error, or a value that holds nothing: only the questions count.
        let _ = T::deserialize(&mut probe);
        ways.push(probe.met);
        let mut made = probe.made;
        while made.last().is_some_and(|(choice, count)| choice + 1 >= *count) {
            made.pop();
        }
        let Some((last, _)) = made.last_mut() else { return ways };
        *last += 1;
        plan = made.into_iter().map(|(choice, _)| choice).collect();
    }
}

struct Probe<'p> {
    plan: &'p [usize],
    made: Vec<(usize, usize)>,
    met: Vec<Met>,
}

impl Probe<'_> {
    fn choose(&mut self, names: &'static [&'static str]) -> Option<&'static str> {
        let choice = self.plan.get(self.made.len()).copied().unwrap_or(0);
        self.made.push((choice, names.len()));
        names.get(choice).copied()
    }
}

#[derive(Debug)]
struct Leaf;

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without names")
    }
}

impl std::error::Error for Leaf {}

impl de::Error for Leaf {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> de::Deserializer<'de> for &mut Probe<'_> {
    type Error = Leaf;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Leaf> {
        Err(Leaf)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Leaf> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Leaf> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Leaf> {
        visitor.visit_seq(One(Some(self)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Leaf> {
        let field = self.choose(fields);
        self.met.extend(field.map(Met::Field));
        visitor.visit_map(Field { field, probe: self })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Leaf> {
        let variant = self.choose(variants).ok_or(Leaf)?;
        self.met.push(Met::Variant(variant));
        visitor.visit_enum(Variant { variant, probe: self })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct map identifier ignored_any
    }
}

struct One<'a, 'p>(Option<&'a mut Probe<'p>>);

impl<'de> SeqAccess<'de> for One<'_, '_> {
    type Error = Leaf;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Leaf> {
        self.0.take().map(|probe| seed.deserialize(probe)).transpose()
    }
}

struct Field<'a, 'p> {
    field: Option<&'static str>,
    probe: &'a mut Probe<'p>,
}

impl<'de> MapAccess<'de> for Field<'_, '_> {
    type Error = Leaf;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Leaf> {
        let name = self.field.take();
        name.map(|name| {
            let name: StrDeserializer<'_, Leaf> = name.into_deserializer();
            seed.deserialize(name)
        })
        .transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Leaf> {
        seed.deserialize(&mut *self.probe)
    }
}

struct Variant<'a, 'p> {
    variant: &'static str,
    probe: &'a mut Probe<'p>,
}

impl<'de, 'a, 'p> EnumAccess<'de> for Variant<'a, 'p> {
    type Error = Leaf;
    type Variant = Content<'a, 'p>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Leaf> {
        let name: StrDeserializer<'_, Leaf> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, Content(self.probe)))
    }
}

struct Content<'a, 'p>(&'a mut Probe<'p>);

impl<'de> VariantAccess<'de> for Content<'_, '_> {
    type Error = Leaf;

    fn unit_variant(self) -> Result<(), Leaf> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Leaf> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Leaf> {
        Err(Leaf)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Leaf> {
        let field = self.0.choose(fields);
        self.0.met.extend(field.map(Met::Field));
        visitor.visit_map(Field { field, probe: self.0 })
    }
}
