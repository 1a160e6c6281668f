"""
Who the members of staff are, what each may see and do, and how they prove who they are. Stands just above operators:
the pages of rooms below ask through `keno_platform.staff.gate`.
"""
