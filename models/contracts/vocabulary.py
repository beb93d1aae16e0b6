"""The words of plans: what can be promised, and what can happen. The JSON Schema lists the same."""

from models.tables.kinds import Words

KINDS = {
    "reply": Words("reply", "答复"),
    "response": Words("response", "响应"),
    "assignment": Words("assignment", "派工"),
    "departure": Words("departure", "出发"),
    "arrival": Words("arrival", "到场"),
    "plan": Words("solution plan", "解决方案"),
    "restore": Words("restoring", "恢复"),
    "resolution": Words("resolution", "解决"),
    "replacement": Words("replacement", "更换"),
    "repair": Words("repair at the workshop", "返厂维修"),
    "loaner": Words("loaner", "备用机"),
    "loan_return": Words("return of what was lent", "备用机归还"),
    "sign_off": Words("sign-off", "签认"),
    "quote": Words("quotation", "报价"),
    "notice": Words("notice", "通知"),
    "form": Words("form", "表单"),
    "report": Words("report", "报表"),
    "shipment": Words("shipment", "发货"),
    "follow_up": Words("follow-up", "回访"),
    "roster": Words("roster", "排班"),
    "readiness": Words("readiness", "值班准备"),
}

# What starts or stops a clock. The field's are facts of phones; while a phone is silent, whether
# they happened is unknown. The others are told by the desk, or follow from what it does.
FIELD_EVENTS = {
    "departed": Words("the technician set out", "工程师出发"),
    "arrived": Words("the technician arrived", "工程师到场"),
    "restored": Words("it runs again", "恢复运行"),
    "resolved": Words("it was solved", "问题解决"),
    "signed": Words("the customer signed", "客户签认"),
    "loaned": Words("something was lent", "借出备用机"),
    "returned": Words("what was lent came back", "备用机归还"),
}
DESK_EVENTS = {
    "reported": Words("the customer reported", "客户报修"),
    "registered": Words("the request was registered", "服务登记"),
    "occurred": Words("the fault occurred", "故障发生"),
    "need_confirmed": Words("the need for service was confirmed", "确认需要服务"),
    "phone_failed": Words("the phone did not solve it", "电话未能解决"),
    "remote_failed": Words("remote help did not solve it", "远程未能解决"),
    "visit_requested": Words("a visit was asked for", "要求上门"),
    "visit_decided": Words("a visit was decided on", "决定上门"),
    "dispatched": Words("it was dispatched", "派工"),
    "promised": Words("a time was promised", "承诺时限"),
    "replied": Words("the customer got a reply", "已答复"),
    "responded": Words("somebody responded", "已响应"),
    "planned": Words("a solution was proposed", "提出解决方案"),
    "quoted": Words("a price was quoted", "已报价"),
    "replaced": Words("it was replaced", "已更换"),
    "received_at_factory": Words("the unit reached the workshop", "送达工厂"),
    "repaired": Words("the unit was repaired", "修复"),
    "found": Words("the problem was found", "发现问题"),
    "form_sent": Words("the form was sent", "表单已发"),
    "form_received": Words("the form was received", "收到表单"),
    "cleared": Words("the order was cleared", "订单放行"),
    "shipped": Words("it was shipped", "已发货"),
    "reopened": Words("it was not solved after all", "问题未解决，重新打开"),
    "notified": Words("they were told", "已通知"),
    "purchased": Words("it was bought", "购买"),
    "month_began": Words("the month began", "月初"),
    "shift_began": Words("the shift began", "上班"),
    "rostered": Words("the shift was arranged", "已排班"),
    "ready": Words("the desk was ready", "准备就绪"),
    "changed": Words("the change takes effect", "变更生效"),
    "followed_up": Words("the follow-up was made", "已回访"),
    "reported_monthly": Words("the monthly report was sent", "月报已发"),
}
EVENTS = {**DESK_EVENTS, **FIELD_EVENTS}

# To what a customer agrees, as a technician states it.
CONSENTS = ("charge", "data_access", "power_off", "take_away", "other")

# What was not so after all, where the customer says later that it was not solved.
UNDONE_BY_REOPENING = {"restored", "resolved", "repaired", "replaced"}

# Where nobody told of the first, the second is taken for it.
INSTEAD = {"occurred": "reported", "registered": "reported"}

ASKED = {
    "level": Words("fault level", "故障等级"),
    "class": Words("class of problem", "问题类别"),
    "tier": Words("distance of the site", "区域"),
    "stage": Words("stage of the project", "项目阶段"),
    "urgency": Words("urgency", "紧急程度"),
    "channel": Words("way of service", "服务方式"),
}

WHY = {
    "service": Words("counted", "计时"),
    "closed": Words("outside the hours of service", "非服务时间"),
    "rest": Words("day of rest", "休息日"),
    "holiday": Words("public holiday", "法定节假日"),
    "makeup": Words("make-up workday, counted", "调休上班日，计时"),
    "first_day": Words("the day it began, not counted", "起始日，不计"),
    "paused": Words("paused", "暂停"),
}

STATES = {
    "waiting": Words("has not begun", "尚未起算"),
    "running": Words("running", "计时中"),
    "paused": Words("paused", "暂停"),
    "met": Words("kept", "按时完成"),
    "breached": Words("missed", "超时"),
    "unknown": Words("unknown, the phone is silent", "未知，现场设备失联"),
}
