//! The diseases of the demo: ICD-10 codes, Japanese names and how common they are at each age.

/// A diagnosis and its prevalence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disease {
    /// ICD-10 code (2013 edition).
    pub(crate) code: &'static str,
    /// Its Japanese name.
    pub(crate) name: &'static str,
    /// Prevalence in percent in the eight age brackets, from 20–29 to 90 and over.
    pub(crate) percent: [f64; 8],
    /// Factor for women and for men.
    pub(crate) by_sex: [f64; 2],
}

/// Index of type 2 diabetes, with which a planted variant is associated.
pub(crate) const DIABETES: usize = 0;
/// Index of its renal complication, drawn among those who have it.
pub(crate) const COMPLICATION: usize = 3;
/// The diseases `0..SETTLED` are common enough that no sex, age or region has 1–9 people with them.
pub(crate) const SETTLED: usize = 3;

const EVEN: [f64; 2] = [1.0, 1.0];

const fn disease(code: &'static str, name: &'static str, percent: [f64; 8], by_sex: [f64; 2]) -> Disease {
    Disease { code, name, percent, by_sex }
}

/// All of them, in the order in which a cell of the table lists them.
pub(crate) const DISEASES: [Disease; 18] = [
    disease("E11.9", "2型糖尿病", [0.0, 0.0, 6.0, 11.0, 17.0, 21.0, 21.0, 24.0], [0.8, 1.2]),
    disease("I10", "本態性高血圧症", [0.0, 4.0, 14.0, 28.0, 42.0, 52.0, 58.0, 58.0], [0.9, 1.1]),
    disease("E78.5", "脂質異常症", [0.0, 4.0, 12.0, 24.0, 33.0, 34.0, 28.0, 24.0], [1.1, 0.9]),
    disease("E11.2", "2型糖尿病・腎合併症", [0.0; 8], EVEN),
    disease("C50.9", "乳癌", [0.1, 0.6, 2.5, 3.0, 3.0, 2.6, 2.2, 1.5], [1.0, 0.01]),
    disease("C61", "前立腺癌", [0.0, 0.0, 0.1, 0.8, 3.0, 5.5, 6.0, 5.0], [0.0, 1.0]),
    disease("C16.9", "胃癌", [0.0, 0.1, 0.3, 0.8, 1.8, 3.0, 3.2, 2.5], [0.6, 1.4]),
    disease("C18.9", "結腸癌", [0.0, 0.1, 0.4, 1.0, 1.9, 2.9, 3.4, 3.0], [0.9, 1.1]),
    disease("C34.9", "肺癌", [0.0, 0.0, 0.2, 0.6, 1.4, 2.2, 2.4, 1.8], [0.7, 1.3]),
    disease("I25.9", "慢性虚血性心疾患", [0.0, 0.1, 0.7, 2.0, 4.5, 8.0, 11.0, 12.0], [0.6, 1.4]),
    disease("I48.9", "心房細動", [0.0, 0.1, 0.2, 0.7, 1.8, 3.8, 6.5, 9.0], [0.7, 1.3]),
    disease("I63.9", "脳梗塞", [0.0, 0.1, 0.4, 1.1, 2.6, 5.0, 8.0, 9.0], [0.8, 1.2]),
    disease("J45.9", "喘息", [4.5, 4.5, 4.2, 4.0, 4.2, 4.5, 4.2, 3.5], EVEN),
    disease("M06.9", "関節リウマチ", [0.1, 0.3, 0.7, 1.2, 1.7, 1.9, 1.7, 1.4], [1.6, 0.4]),
    disease("M81.9", "骨粗鬆症", [0.0, 0.1, 0.4, 2.0, 6.0, 13.0, 20.0, 24.0], [1.8, 0.3]),
    disease("N18.9", "慢性腎臓病", [0.1, 0.4, 1.2, 2.8, 6.0, 11.0, 17.0, 22.0], EVEN),
    disease("F32.9", "うつ病", [2.2, 2.8, 3.0, 2.8, 2.2, 1.9, 1.6, 1.2], [1.2, 0.8]),
    disease("G71.0", "筋ジストロフィー", [0.3, 0.2, 0.2, 0.1, 0.1, 0.0, 0.0, 0.0], [0.4, 1.6]),
];

impl Disease {
    /// Whether it is a cancer, of which the cancer centre has more.
    pub(crate) fn is_cancer(&self) -> bool {
        self.code.starts_with('C')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_prevalences_are_percentages() {
        let codes: std::collections::BTreeSet<_> = DISEASES.iter().map(|disease| disease.code).collect();
        assert_eq!(codes.len(), DISEASES.len());
        assert!(
            DISEASES.iter().flat_map(|disease| disease.percent).all(|percent| (0.0..70.0).contains(&percent))
        );
        assert!(DISEASES[DIABETES].code.starts_with("E11") && DISEASES[COMPLICATION].code.starts_with("E11"));
    }
}
