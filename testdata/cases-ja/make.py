#!/usr/bin/env python3
"""Writes the inputs of this folder: python3 testdata/cases-ja/make.py

cohort.vcf          160 people, 12 variants
people.tsv          who they are: UTF-8, tab, LF, English
people_excel.csv    the same as a researcher in Japan has it: Japanese, saved by Excel as CSV (CP932, CR LF)
mistakes_excel.csv  the same with one mistake in each column
*.ja.txt *.en.txt   what the command says, written by UPDATE=1 cargo test -p shukei-cli --test it japanese
"""
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
N = 160
RANDOM = Random(3)
ENGLISH = ["sample_id", "subject_id", "sex", "age10", "region", "region_kind", "icd10", "disease_name", "data_site",
           "provider", "dataset", "origin"]
JAPANESE = ["検体ID", "対象者ID", "性別", "年代", "地域", "地域種別", "ICD-10", "病名", "データ拠点", "提供機関",
            "データセット", "由来"]
# What a value is, and how it may be written.
SPELT = {
    "F": ["女", "女性", "２"], "M": ["男", "男性", "１"],
    "60-69": ["60代", "６０代", "60～69歳"], "40-49": ["40代", "40歳代"],
    "kanto": ["関東", "東京都", "神奈川", "関東地方"], "kinki": ["近畿", "大阪府", "京都", "関西"],
    "residence": ["居住地"], "E11.9": ["E119", "E11.9", "Ｅ１１９"], "-": ["-", "－"], "platform": ["", "基盤"],
}
MISTAKES = [  # line, column, value
    (3, "検体ID", ""), (5, "対象者ID", ""), (7, "性別", "男女"), (9, "年代", "60-64"), (11, "地域", "九州・沖縄"),
    (13, "地域種別", "本籍"), (15, "ICD-10", "糖尿病"), (17, "由来", "不明"), (19, "検体ID", "J001"), (21, "年代", "10月19日"),
]


def people():
    for i in range(N):
        diabetes = i % 5 < 2
        yield [f"J{i + 1:03}", f"P{i + 1:03}", "FM"[i % 2], ["60-69", "40-49"][i // 4 % 2], ["kanto", "kinki"][i // 2 % 2],
               "residence", "E11.9" if diabetes else "-", "2型糖尿病" if diabetes else "", "tokyo", "東京大学病院", "D1", "platform"]


def calls(frequency):
    def allele():
        return int(RANDOM.random() < frequency)
    return [f"{allele()}/{allele()}" for _ in range(N)]


def vcf():
    names = "\t".join(row[0] for row in people())
    yield "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n"
    yield '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    yield f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n"
    for i in range(12):
        row = "\t".join(calls([0.02, 0.15, 0.3, 0.5][i % 4]))
        yield f"chr1\t{1_000_000 + 1000 * i}\t.\tA\tG\t.\tPASS\t.\tGT\t{row}\n"


def spelt(row):
    i = int(row[0][1:]) // 3
    return [SPELT[v][i % len(SPELT[v])] if v in SPELT else v for v in row]


def csv(rows):
    return "".join(",".join(row) + "\r\n" for row in rows).encode("cp932")


japanese = [JAPANESE] + [spelt(row) for row in people()]
(HERE / "cohort.vcf").write_text("".join(vcf()), encoding="utf-8")
(HERE / "people.tsv").write_text("".join("\t".join(r) + "\n" for r in [ENGLISH, *people()]), encoding="utf-8")
(HERE / "people_excel.csv").write_bytes(csv(japanese))
for line, column, value in MISTAKES:
    japanese[line - 1][JAPANESE.index(column)] = value
japanese[22] = japanese[22][:-1]  # line 23: a column is missing
japanese[0].append("年齢")
for i, row in enumerate(japanese[1:], 2):
    row.append({25: "六十", 27: "95"}.get(i, ""))  # line 27: the bracket says something else
(HERE / "mistakes_excel.csv").write_bytes(csv(japanese))
