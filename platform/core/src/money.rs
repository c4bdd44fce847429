//! Amounts of money: exact decimals with a currency.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// Renminbi.
    pub const CNY: Self = Self(*b"CNY");
    /// United States dollar.
    pub const USD: Self = Self(*b"USD");

    /// Digits after the decimal point that amounts are settled in (ISO 4217 minor units).
    pub fn minor_units(self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"VND" | b"CLP" | b"ISK" => 0,
            b"BHD" | b"KWD" | b"OMR" | b"TND" | b"JOD" | b"IQD" | b"LYD" => 3,
            _ => 2,
        }
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a currency holds three ASCII letters")
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        <[u8; 3]>::try_from(code.as_bytes())
            .ok()
            .filter(|letters| letters.iter().all(u8::is_ascii_uppercase))
            .map(Self)
            .ok_or(MoneyError::UnknownCurrency)
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(code: String) -> Result<Self, MoneyError> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What can be wrong with an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Two amounts of different currencies met.
    #[error("Amounts of different currencies cannot be added; convert one first.")]
    CurrencyMismatch,
    /// The code is not three capital letters.
    #[error("Name the currency by its three-letter ISO 4217 code.")]
    UnknownCurrency,
    /// The sum does not fit.
    #[error("The amount is too large.")]
    Overflow,
}

/// An exact amount in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The exact amount; serialised as a string so that no reader rounds it.
    #[serde(with = "rust_decimal::serde::str")]
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// An amount in a currency.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Adds an amount of the same currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// Rounds half to even to the currency's minor units, as amounts are settled.
    #[must_use]
    pub fn settled(self) -> Self {
        let amount =
            self.amount.round_dp_with_strategy(self.currency.minor_units(), RoundingStrategy::MidpointNearestEven);
        Self { amount, ..self }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn amounts_settle_half_to_even_in_minor_units() {
        let yuan = |text: &str| Money::new(text.parse().unwrap(), Currency::CNY).settled().amount.to_string();
        assert_eq!(yuan("0.125"), "0.12");
        assert_eq!(yuan("0.135"), "0.14");
        let yen = Money::new("2.5".parse().unwrap(), "JPY".parse().unwrap()).settled();
        assert_eq!(yen.amount.to_string(), "2");
    }

    #[test]
    fn currencies_do_not_mix() {
        let one = Money::new(Decimal::ONE, Currency::CNY);
        let other = Money::new(Decimal::ONE, Currency::USD);
        assert_eq!(one.checked_add(other), Err(MoneyError::CurrencyMismatch));
        assert!("cny".parse::<Currency>().is_err());
    }
}
