#!/usr/bin/env python3
"""Writes the sample tables of this folder: python3 testdata/samples/make.py

good.tsv           UTF-8, tab, LF
excel_cp932.csv    the same people as Excel in Japan saves "CSV (comma delimited)": CP932, CR LF, quotes where needed
excel_unicode.txt  the same as Excel's "Unicode text": UTF-16LE with BOM, tab, CR LF
broken.tsv         one mistake in each column
withdrawn.txt      a list of ids: UTF-8 with BOM, CR LF
"""
from pathlib import Path

HERE = Path(__file__).parent

HEADER = ["sample_id", "subject_id", "sex", "age10", "region", "region_kind", "icd10", "disease_name",
          "data_site", "provider", "dataset", "origin", "tissue"]
JAPANESE = ["検体ID", "被験者ID", "性別", "年代", "地域", "地域種別", "ICD10", "病名",
            "データ拠点", "提供機関", "データセット", "由来", "tissue"]
PEOPLE = [
    ["S001", "P1", "F", "60-69", "kanto", "residence", "E11.9;I10", "2型糖尿病, 高血圧", "tokyo", "機関A", "D1", "", "blood"],
    ["S002", "P1", "F", "60-69", "kanto", "residence", "E11.9;I10", "2型糖尿病, 高血圧", "tokyo", "機関A", "D2", "", "肝臓"],
    ["S003", "P2", "M", "90+", "kinki", "residence", "-", "", "osaka", "機関B", "D1", "platform", "blood"],
    ["S004", "P3", "M", "0-9", "okinawa", "birth", "", "いわゆる\"不明熱\"", "osaka", "機関B", "D1", "platform", "blood"],
    ["S005", "P4", "", "", "", "", "C50", "乳癌", "tokyo", "機関A", "D2", "uploaded", ""],
]
SPELT = {
    "sex": ["女", "女性", "男", "１", "不明"],
    "age10": ["60代", "６０～６９歳", "90歳以上", "10歳未満", ""],
    "region": ["関東", "東京都", "三重県", "47", ""],
    "region_kind": ["居住地", "居住地", "居住地", "出生地", ""],
    "icd10": ["E119,I10", "Ｅ１１．９；Ｉ１０", "－", "", "c50"],
    "origin": ["", "基盤", "", "", "持込"],
}
BROKEN = [  # column that is wrong, value
    ("sample_id", ""), ("subject_id", ""), ("sex", "X"), ("age10", "60-64"), ("region", "九州・沖縄"),
    ("region_kind", "本籍"), ("icd10", "糖尿病"), ("origin", "upload?"),
]


def quote(field, delimiter):
    needed = any(c in field for c in (delimiter, '"', "\n", ","))
    return '"' + field.replace('"', '""') + '"' if needed else field


def table(rows, delimiter, end):
    return "".join(delimiter.join(quote(f, delimiter) for f in row) + end for row in rows)


def spelt():
    rows = [list(row) for row in PEOPLE]
    for name, values in SPELT.items():
        for row, value in zip(rows, values):
            row[HEADER.index(name)] = value
    return [JAPANESE] + rows


def broken():
    rows = [HEADER + ["age"]]
    for n, (name, value) in enumerate(BROKEN):
        row = [f"S{n}", f"P{n}"] + PEOPLE[0][2:] + [""]
        row[HEADER.index(name)] = value
        rows.append(row)
    good = PEOPLE[2] + [""]
    rows.append(["S100", "P100"] + good[2:-1] + ["ninety"])
    rows.append(["S101", "P101"] + good[2:-1] + ["45"])              # age10 says 90+
    rows.append(["S100", "P102"] + good[2:])                         # sample twice
    rows.append(["S102", "P102", "F"] + good[3:])                    # subject with another sex
    rows.append(["S103", "P103"] + good[2:-2])                       # too few fields
    return table(rows, "\t", "\n") + "S104\tP\"104" + "\t" * 12 + "\n"  # lone quote


(HERE / "good.tsv").write_bytes(table([HEADER] + PEOPLE, "\t", "\n").encode("utf-8"))
(HERE / "excel_cp932.csv").write_bytes(table(spelt(), ",", "\r\n").encode("cp932"))
(HERE / "excel_unicode.txt").write_bytes(b"\xff\xfe" + table(spelt(), "\t", "\r\n").encode("utf-16-le"))
(HERE / "broken.tsv").write_bytes(broken().encode("utf-8"))
(HERE / "withdrawn.txt").write_bytes("\ufeff検体ID\r\n# 2026-04 withdrawn\r\nS003 \r\n\r\nS004".encode("utf-8"))
