"""What the environment says, beyond what stops the start."""

import os
import stat
from pathlib import Path

from keno_platform import environment
from keno_platform.doctor.checks import Area, Fault, Notice, Register
from keno_platform.environment.catalogue import VARIABLES
from keno_platform.environment.production import refusals
from keno_platform.environment.reading import FILE, Environment, unknown

check = Register(Area.ENVIRONMENT)
_SET = "Set it in the unit, the compose file or the secret store, and restart all processes; see docs/settings.md"


def _read() -> Environment:
    try:
        return environment.read(os.environ)
    except environment.EnvironmentInvalid as error:
        raise Fault("; ".join(error.problems)) from None


@check(mend=_SET)
def environment_is_valid() -> str:
    found = _read()
    given = sum(bool(os.environ.get(one.name) or os.environ.get(one.name + FILE)) for one in VARIABLES)
    return f"{given} of {len(found.values)} variables are given, {'production' if found.is_production else 'local'}"


@check(mend=f"Correct the name. {_SET}")
def no_name_is_a_slip() -> str:
    strange = unknown(os.environ)
    if strange:
        told = [f"{name}{f' (meant: {meant}?)' if meant else ''}" for name, meant in strange.items()]
        raise Notice(f"nobody reads {', '.join(told)}")
    return "every KENO_ variable is known"


@check(mend="Mend what is accepted, and take its name out of KENO_ACCEPTED_RISKS")
def no_risk_is_accepted() -> str:
    found = _read()
    accepted = [one.name for one in refusals(found.values)]
    if accepted:
        raise Notice(f"accepted in production: {', '.join(accepted)}")
    return "none"


@check(mend="chmod 0400 FILE, owned by the account that runs the platform")
def secret_files_are_private() -> str:
    files = [Path(os.environ[one.name + FILE]) for one in VARIABLES if one.secret and os.environ.get(one.name + FILE)]
    open_ones = [str(file) for file in files if _others_may_read(file)]
    if open_ones:
        raise Fault(f"others may read {', '.join(open_ones)}", mend=f"chmod 0400 {' '.join(open_ones)}")
    return f"{len(files)} files"


def _others_may_read(file: Path) -> bool:
    """
    Whether anybody may but its owner. Kubernetes and systemd hand files of root's to an account by a group: the
    account's own, or root's with a mask of rights that stands where the group's would.
    """
    found = file.stat()
    handed = found.st_uid == 0 and found.st_gid in (0, os.getegid())
    return bool(stat.S_IMODE(found.st_mode) & (0o037 if handed else 0o077))


@check(mend="KENO_LOG_FORMAT=json")
def logs_are_for_programs() -> str:
    found = _read()
    if found.is_production and found["KENO_LOG_FORMAT"] != "json":
        raise Notice("text lines; a log store finds calls, rounds and bets by JSON's fields")
    return str(found["KENO_LOG_FORMAT"])


@check(mend="KENO_METRICS_DIR=/dev/shm/keno-metrics, the same for all processes of a machine")
def metrics_are_put_together() -> str:
    directory: Path | None = _read()["KENO_METRICS_DIR"]
    if directory is None:
        raise Notice("each process counts for itself, and a scrape sees one of them")
    directory.mkdir(parents=True, exist_ok=True)
    if not os.access(directory, os.W_OK):
        raise Fault(f"{directory} cannot be written")
    return str(directory)


@check(mend="KENO_TRUSTED_PROXIES=the addresses of the balancer")
def proxy_is_known() -> str:
    found = _read()
    if found.is_production and not found["KENO_TRUSTED_PROXIES"]:
        raise Notice("behind a proxy all players would share one address, and its limits")
    return f"{len(found['KENO_TRUSTED_PROXIES'])} addresses and networks"


@check(mend="KENO_CHAIN_DEPLOY=0: on a chain that is not your own a forgotten contract is an alarm, not a deployment")
def contract_is_not_deployed_by_itself() -> str:
    found = _read()
    if found.is_production and found["KENO_CHAIN_DEPLOY"]:
        raise Notice("KENO_CHAIN_DEPLOY=1")
    return "no" if not found["KENO_CHAIN_DEPLOY"] else "a chain of its own"


@check(mend="Make the directory, give it to the account of the platform, or correct the variable")
def directories_can_be_written() -> str:
    found = _read()
    named = {name: found[name] for name in ("KENO_ARCHIVE", "KENO_DATASETS", "KENO_REPORTS") if found[name]}
    wrong = [f"{name}={place}" for name, place in named.items() if not (place.is_dir() and os.access(place, os.W_OK))]
    if wrong:
        raise Fault(f"not a directory that can be written: {', '.join(wrong)}")
    return f"{len(named)} directories"
