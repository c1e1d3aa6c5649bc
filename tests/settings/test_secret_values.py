"""Where the values behind the Secret's keys come from, and that nothing shows them."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import strategies as st

from settings import secrets
from settings.loader import Settings
from settings.problems import SettingsError
from settings.secrets import resolve, stack_seed, stand_ins
from settings.stack import ServiceOverride, Stack
from settings.variables import secret_readers
from tests.support.spoils import put
from tests.support.stacks import CATALOG, for_all

SEEDS = st.text(min_size=1)


def settings_of(environment: str, **stack) -> Settings:
    """The real catalogue in an environment."""
    return Settings(environment, Stack(environment=environment, **stack), CATALOG)


LOCAL, PRODUCTION = settings_of("local"), settings_of("production")
READ = list(secret_readers(PRODUCTION))
READ_HERE = set(secret_readers(LOCAL))
NEEDED = {n for n in READ if CATALOG.variables[n].required and CATALOG.variables[n].value is None}
GIVEN = st.fixed_dictionaries(
    {},
    optional={
        name: st.from_regex(CATALOG.variables[name].pattern or ".+", fullmatch=True)
        for name in READ
    },
)


def problems(settings: Settings, given: object, seed: str = "a seed") -> list[tuple[str, str]]:
    """Key and message of what is wrong."""
    try:
        resolve(settings, given, seed)
    except SettingsError as error:
        return [(problem.key, problem.message) for problem in error.problems]
    return []


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MANPASIK_STATE", str(tmp_path))
    return tmp_path


@for_all(SEEDS, SEEDS)
def test_the_same_seed_gives_the_same_values_and_another_seed_others(one, other):
    first, again, second = (resolve(LOCAL, {}, seed).values for seed in (one, one, other))
    assert first == again
    generated = {n for n in first if CATALOG.variables[n].generate}
    assert (one == other) or not {n for n in generated if first[n] == second[n]}


@for_all(SEEDS)
def test_every_generated_value_fits_its_own_pattern_and_no_two_are_equal(seed):
    values = resolve(LOCAL, {}, seed).values
    assert values.keys() == READ_HERE - {"LLM_API_KEY"}, "an optional key is never made up"
    assert all(re.fullmatch(CATALOG.variables[n].pattern or ".*", v) for n, v in values.items())
    assert len(set(values.values())) == len(values)


@for_all(SEEDS)
def test_a_stand_in_fits_what_it_stands_in_for(seed):
    names = [n for n in READ if CATALOG.variables[n].generate]
    for name, value in stand_ins(LOCAL, [*names, "UNKNOWN"], seed).items():
        variable = CATALOG.variables.get(name)
        assert re.fullmatch((variable and variable.pattern) or ".+", value)


@for_all(GIVEN)
def test_what_is_given_goes_before_what_is_derived(given_values):
    values = resolve(LOCAL, given_values, "seed").values
    read = {name: value for name, value in given_values.items() if name in READ_HERE}
    assert read.items() <= values.items()


def test_no_repr_shows_a_value():
    made = resolve(LOCAL, {}, "the seed of this test")
    told = f"{made!r} {made} {[made]} {vars(made).keys()}"
    assert not [value for value in (*made.values.values(), made.seed) if value in told]
    assert made.password("a") != made.password("b")


@for_all(GIVEN)
def test_production_derives_nothing_and_names_every_missing_secret(given_values):
    expected = {f"manpasik:secrets.{name}" for name in NEEDED - given_values.keys()}
    assert {key for key, _ in problems(PRODUCTION, given_values, "a seed")} == expected


WRONG = "schlecht gewählt"
CHECKED = [name for name in READ if CATALOG.variables[name].pattern]


@for_all(st.dictionaries(st.sampled_from(CHECKED), st.just(WRONG)), GIVEN, st.booleans())
def test_missing_malformed_and_unknown_secrets_are_told_at_once(malformed, sound, unknown):
    given_values = sound | malformed | ({"JWT_SECRT": WRONG} if unknown else {})
    expected = dict.fromkeys(malformed, "has the wrong form")
    expected |= dict.fromkeys(NEEDED - given_values.keys(), "is missing, and")
    expected |= {"JWT_SECRT": "no service reads such a secret"} if unknown else {}
    found = dict(problems(PRODUCTION, given_values))
    assert found.keys() == {f"manpasik:secrets.{name}" for name in expected}
    assert all(found[f"manpasik:secrets.{n}"].startswith(m) for n, m in expected.items())


@pytest.mark.parametrize("value", ["hunter2!hunter2!", "", 1234567890123456, None, ["hunter2"]])
def test_a_malformed_secret_is_told_once_and_never_shown(value):
    with pytest.raises(SettingsError) as caught:
        resolve(LOCAL, {"DB_PASSWORD": value}, "seed")
    (problem,) = caught.value.problems
    assert problem.key == "manpasik:secrets.DB_PASSWORD"
    assert (problem.file, problem.value) == ("Pulumi.local.yaml", "[secret]")
    assert "allowed: " in problem.remedy
    assert "hunter2" not in str(caught.value)
    assert "1234567890" not in str(caught.value)


def test_an_empty_secret_is_malformed_even_where_any_text_would_do():
    assert CATALOG.variables["ELASTICSEARCH_USERNAME"].pattern is None
    found = problems(LOCAL, {"ELASTICSEARCH_USERNAME": ""}, "seed")
    assert found == [("manpasik:secrets.ELASTICSEARCH_USERNAME", "has the wrong form")]


@pytest.mark.parametrize("given_values", [["a"], "hunter2", 7])
def test_secrets_that_are_no_mapping_are_refused_and_never_shown(given_values):
    with pytest.raises(SettingsError, match="manpasik:secrets: is not a mapping") as caught:
        resolve(LOCAL, given_values, "seed")
    assert "hunter2" not in str(caught.value)


def test_a_missing_secret_names_its_readers_and_both_ways_out():
    with pytest.raises(SettingsError) as caught:
        resolve(PRODUCTION, {}, "")
    told = {problem.key: problem for problem in caught.value.problems}
    payment = told["manpasik:secrets.TOSS_SECRET_KEY"]
    assert payment.message == "is missing, and payment-service must not run without it"
    assert "pulumi config set --secret --path manpasik:secrets.TOSS_SECRET_KEY" in payment.remedy
    assert "services.payment-service.enabled: false" in payment.remedy
    assert "leave out" not in told["manpasik:secrets.DB_PASSWORD"].remedy, "all 21 read it"


def test_a_secret_that_only_a_left_out_service_reads_is_not_asked_for():
    out = {"payment-service": ServiceOverride(enabled=False)}
    asked = dict(problems(settings_of("production", services=out), {}))
    assert "manpasik:secrets.TOSS_SECRET_KEY" not in asked
    assert "manpasik:secrets.DB_PASSWORD" in asked


def test_a_generator_that_its_own_pattern_refuses_is_told(project):
    put("catalog/variables.yaml", "DB_PASSWORD/pattern", "[a-z]{64}")(project)
    found = problems(project.load(), {}, "seed")
    assert found == [("DB_PASSWORD.generate", "makes values that the pattern refuses")]


def test_nothing_is_derived_without_a_seed():
    with pytest.raises(ValueError, match="no seed to derive"):
        secrets.Secrets(values={}).derive("a password")


def test_the_seed_is_made_once_and_only_the_user_may_read_it(state: Path):
    before = os.umask(0)
    try:
        seed = stack_seed(LOCAL)
    finally:
        os.umask(before)
    (path,) = (state / "seeds").iterdir()
    assert re.fullmatch("[0-9a-f]{64}", seed)
    assert stack_seed(LOCAL) == seed == path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_two_stacks_have_two_seeds(state: Path):
    assert stack_seed(LOCAL) != stack_seed(settings_of("dev"))
    assert {path.name for path in (state / "seeds").iterdir()} == {"local", "dev"}


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_an_environment_with_given_secrets_has_no_seed(state: Path, environment: str):
    assert stack_seed(settings_of(environment)) == ""
    assert not list(state.iterdir()), "nothing is written either"


def test_of_two_first_runs_at_once_one_seed_wins(state: Path, monkeypatch: pytest.MonkeyPatch):
    touch = Path.touch

    def other_comes_first(path: Path, **kwargs) -> None:
        touch(path, **kwargs)
        (state / "seeds" / "local").write_text("theirs")

    monkeypatch.setattr(Path, "touch", other_comes_first)
    assert stack_seed(LOCAL) == "theirs"
    assert [path.name for path in (state / "seeds").iterdir()] == ["local"]


@pytest.mark.usefixtures("state")
def test_processes_that_start_together_get_the_same_seed(real):
    program = "from settings import load, secrets; print(secrets.stack_seed(load('local')))"
    started = [
        subprocess.Popen([sys.executable, "-c", program], cwd=real.root, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    seeds = {process.communicate(timeout=60)[0] for process in started}
    assert len(seeds) == 1
    assert seeds.pop().decode().strip() == stack_seed(LOCAL)


def test_an_empty_seed_is_refused_and_not_replaced(state: Path):
    """Another seed would lock the stack out of its own databases."""
    (state / "seeds").mkdir()
    (state / "seeds" / "local").touch()
    with pytest.raises(SettingsError, match="the stack's seed is empty; restore it"):
        stack_seed(LOCAL)


def test_a_seed_that_cannot_be_kept_is_refused_with_a_remedy(state: Path):
    (state / "seeds").write_text("a file in the folder's place")
    with pytest.raises(SettingsError, match=r"cannot be kept \(File exists\).*MANPASIK_STATE"):
        stack_seed(LOCAL)


def test_stores_in_the_cluster_need_a_seed_where_nothing_is_generated():
    found = dict(problems(PRODUCTION, dict.fromkeys(NEEDED, "x"), seed=""))
    assert "derive keys of their own" in found["manpasik:seed"]
