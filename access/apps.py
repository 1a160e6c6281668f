from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from access import keeper, record
        from access.selectors import may_act, may_be_one_person
        from approvals.ports import ports as approvals
        from keno_platform.staff.gate import door
        from operators.staff_record import staff_address

        door.keeper = keeper.StaffKeeper()
        approvals.may_act = may_act
        approvals.may_be_one_person = may_be_one_person
        approvals.address_of = staff_address
        record.connect()
