"""What the office told or asked its technicians, so many workdays ago."""

from typing import NamedTuple


class Told(NamedTuple):
    """A notice of the dispatcher of an area: to that area or, without one, to all technicians.

    `choices` are code, Chinese and English of each answer; `withdrawn` is after how many hours.
    """

    workdays_ago: int
    area: int | None
    days: int  # for which it counts
    zh: str
    en: str
    question: tuple[str, str] | None = None
    choices: tuple[tuple[str, str, str], ...] = ()
    withdrawn: int | None = None


YES_NO = (("yes", "可以", "Yes"), ("no", "不可以", "No"))

NOTICES = (
    Told(6, None, 14,
         "打印头更换后请做浓度校准，见文章 KB-001，已有两起返工。",
         "Calibrate darkness after every new print head, see article KB-001: two jobs came back."),
    Told(4, 0, 2,
         "松岚市学府路施工封路，去医院请绕行滨河大道。",
         "Xuefu Road is closed; go by Riverside Avenue.", withdrawn=20),
    Told(3, 2, 10,
         "青屿区请把坏件贴好标签，周五随车带回。",
         "Qingyu: label defective parts and bring them on Friday."),
    Told(2, None, 7,
         "本周六机房搬迁需要三人。", "Three people are needed on Saturday to move a server room.",
         ("你周六可以加班吗？", "Can you work on Saturday?"), YES_NO),
    Told(1, 1, 5,
         "望川区车载库周五盘点，请提前整理。",
         "Wangchuan: vans are counted on Friday, please tidy up before."),
)  # fmt: skip
