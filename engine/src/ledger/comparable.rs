//! May a table be compared with the earlier ones at all? People are compared by their ids, variants by their places.

use roaring::RoaringBitmap;

use super::judge::Bar;
use super::{Claim, Ledger};
use crate::error::{Error, Problems};
use crate::region::canonical;
use crate::text;

/// What people and places are called in a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming<'a> {
    /// `subject` or `sample`: whose ids the people have.
    pub(crate) unit: &'a str,
    /// Genome build, and whether indels are left-aligned.
    pub(crate) coordinates: &'a str,
    /// Contigs of the plan.
    pub(crate) contigs: &'a [String],
}

impl Ledger {
    /// Refuses a table whose people or variants an earlier one may have under other names: whoever is a stranger, and a
    /// variant that stands elsewhere, would be judged beside nothing.
    pub(crate) fn comparable(
        &self,
        root: &RoaringBitmap,
        naming: &Naming<'_>,
        bar: &Bar<'_>,
    ) -> Result<(), Problems> {
        let contigs: Vec<&str> = naming.contigs.iter().map(|c| canonical(c)).collect();
        let beside = |claim: &Claim| {
            self.set(&claim.families[0].nodes[0].set).is_some_and(|set| !set.is_disjoint(root))
                && claim.contigs.iter().any(|c| contigs.contains(&canonical(c)))
        };
        let mut problems = Problems::default();
        let standing = bar.standing(self);
        if let Some((id, claim, _)) = standing.iter().find(|(_, c, _)| c.unit != naming.unit) {
            problems.push(other_ids(id, claim));
        }
        let elsewhere = |c: &Claim| c.coordinates != naming.coordinates && beside(c);
        if let Some((id, claim, _)) = standing.iter().find(|(_, c, _)| elsewhere(c)) {
            problems.push(other_places(id, claim, naming));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

fn other_ids(id: &str, claim: &Claim) -> Error {
    if claim.unit == "sample" {
        return Error::refused(text!(
            "release {id} was made from a sample table without subject_id, so the ledger knows its people by their samples; \
             leave the column out here too, or, if {id} has not left the platform, replace it: --replaces {id}",
            "公開 {id} は subject_id 列のない検体表から作られ、台帳には検体IDで登録されています。今回もこの列を外すか、{id} がまだ外部に出ていなければ置き換えてください: --replaces {id}"
        ));
    }
    Error::refused(text!(
        "the sample table has no subject_id, but release {id} was made with it: the ledger would take the same people for \
         others; add the column, with the ids that were used for {id}",
        "検体表に subject_id 列がありませんが、公開 {id} ではこの列が使われており、同じ人を別人とみなすことになります。{id} で使った対象者IDの列を加えてください"
    ))
}

fn other_places(id: &str, claim: &Claim, naming: &Naming<'_>) -> Error {
    let (earlier, now) = (&claim.coordinates, naming.coordinates);
    Error::refused(text!(
        "release {id} of some of the same people has other coordinates ({earlier}; here {now}), so that variants cannot be \
         compared: use the same genome build, and --reference for both or for neither; or, if {id} has not left the platform, \
         replace it: --replaces {id}",
        "同じ人を含む公開 {id} とは座標が異なるため（{id} は {earlier}、今回は {now}）、変異を比較できません。ゲノムのビルドと --reference の有無を揃えるか、{id} がまだ外部に出ていなければ置き換えてください: --replaces {id}"
    ))
}
