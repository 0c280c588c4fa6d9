"""AGI commands and results, against the rules of Asterisk's res_agi.c and what Asterisk 22.10 answered."""

from urllib.parse import quote as percent_encoded

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.asterisk.agi import MAX_COMMAND, MAX_WORDS, AgiResult, command, parse_result, quote
from ivr.errors import UnsafeValue

ARGUMENTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=40)


def words_of(line: str) -> list[str]:
    """Take an AGI command line apart by the rules of `parse_args` in Asterisk's `res/res_agi.c`, which are:

    `"` switches quoting, space and tab end a word outside quotes, a backslash takes the next character as it is; a
    quote that opens after white space begins a word, so `""` is an empty one.
    """
    words: list[str] = []
    quoted = escaped = False
    between = True
    for letter in line:
        if letter == "\\" and not escaped:
            escaped = True
        elif letter == '"' and not escaped:
            quoted = not quoted
            if quoted and between:
                words.append("")
                between = False
        elif letter in " \t" and not quoted and not escaped:
            between = True
        else:
            if between:
                words.append("")
                between = False
            words[-1] += letter
            escaped = False
    return words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('SET VARIABLE Q "a b"c', ["SET", "VARIABLE", "Q", "a bc"]),
        ("SET VARIABLE Q a\\ b", ["SET", "VARIABLE", "Q", "a b"]),
        ('SET VARIABLE Q  ""', ["SET", "VARIABLE", "Q", ""]),
        ('SET VARIABLE Q "a\\nb"', ["SET", "VARIABLE", "Q", "anb"]),
        ('SET VARIABLE Q ab"c d"', ["SET", "VARIABLE", "Q", "abc d"]),
        ('SET VARIABLE Q "open end', ["SET", "VARIABLE", "Q", "open end"]),
        ('SET VARIABLE Q "x\\', ["SET", "VARIABLE", "Q", "x"]),
    ],
)
def test_the_reference_parser_reads_as_asterisk_did(line: str, words: list[str]) -> None:
    assert words_of(line) == words


@given(ARGUMENTS)
@settings(max_examples=200)
def test_quote_gives_back_exactly_one_argument(argument: str) -> None:
    assert words_of(quote(argument)) == [argument]
    assert words_of(f"EXEC Read {quote(argument)} end") == ["EXEC", "Read", argument, "end"]


@given(st.lists(ARGUMENTS, max_size=6))
@settings(max_examples=200)
def test_command_keeps_each_argument_one_word(arguments: list[str]) -> None:
    assert words_of(command("SET VARIABLE", *arguments)) == ["SET", "VARIABLE", *arguments]


@pytest.mark.parametrize("mark", ["\r", "\n", "\0", "\r\nAction: Originate"])
def test_quote_refuses_what_agi_cannot_carry(mark: str) -> None:
    with pytest.raises(UnsafeValue, match="CR, LF or NUL"):
        quote(f"a{mark}b")
    with pytest.raises(UnsafeValue):
        command("EXEC", "Set", f"Q={mark}")


@pytest.mark.parametrize("verb", ["", "SET  VARIABLE", "EXEC\r\n", 'EXEC "x"', "EXEC ", "1"])
def test_command_refuses_a_verb_that_is_none(verb: str) -> None:
    with pytest.raises(UnsafeValue):
        command(verb)


def test_command_leaves_plain_words_bare() -> None:
    assert command("EXEC", "Read", "IVR_KEY,ivr/welcome,1") == 'EXEC Read "IVR_KEY,ivr/welcome,1"'
    assert command("GET VARIABLE", "IVR_KEY") == "GET VARIABLE IVR_KEY"
    assert command("ASYNCAGI BREAK") == "ASYNCAGI BREAK"


def test_command_has_asterisks_length() -> None:
    fixed = len("SET VARIABLE Q ")
    assert len(command("SET VARIABLE", "Q", "x" * (MAX_COMMAND - fixed))) == MAX_COMMAND
    with pytest.raises(UnsafeValue, match="1014 bytes"):
        command("SET VARIABLE", "Q", "x" * (MAX_COMMAND - fixed + 1))
    with pytest.raises(UnsafeValue, match="bytes"):
        command("SET VARIABLE", "Q", "ā" * (MAX_COMMAND // 2))


def test_command_with_words_that_overrun_asterisks_stack_is_refused() -> None:
    assert len(words_of(command("NOOP", *[""] * (MAX_WORDS - 1)))) == MAX_WORDS
    with pytest.raises(UnsafeValue, match="harm Asterisk"):
        command("NOOP", *[""] * MAX_WORDS)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("200%20result%3D1%0A", AgiResult(200, 1, None)),
        ("200%20result%3D0%0A", AgiResult(200, 0, None)),
        ("200%20result%3D-1%0A", AgiResult(200, -1, None)),
        ("200%20result%3D-2%0A", AgiResult(200, -2, None)),
        ("200%20result%3D-1%20endpos%3D0%0A", AgiResult(200, -1, None)),
        ("200%20result%3D49%20endpos%3D8000%0A", AgiResult(200, 49, None)),
        ("200%20result%3D1%20(Local%2Fagi%40lab-00000000%3B2)%0A", AgiResult(200, 1, "Local/agi@lab-00000000;2")),
        ("200%20result%3D1%20%28value%29%0A", AgiResult(200, 1, "value")),
        ("200%20result%3D1%20()%0A", AgiResult(200, 1, "")),
        ("200%20result%3D1%20(a%20%22b%5C%20c'd%20%C4%B6)%0A", AgiResult(200, 1, "a \"b\\ c'd Ķ")),
        ("200%20result%3D1%20(a)%20endpos%3D1%20(b)%0A", AgiResult(200, 1, "a) endpos=1 (b")),
        ("200%20result%3D1%20(a%0A200%20result%3D0)%0A", AgiResult(200, 1, "a\n200 result=0")),
        ("200%20result%3D1%20(a%FF%FEb)%0A", AgiResult(200, 1, "a\ufffd\ufffdb")),
        ("200%20result%3D1%20(a+b)%0A", AgiResult(200, 1, "a+b")),
        ("100%20result%3D0%20Trying...%0A200%20result%3D1%20(x)%0A", AgiResult(200, 1, "x")),
        ("510%20Invalid%20or%20unknown%20command%0A", AgiResult(510, -1, "Invalid or unknown command")),
        ("511%20Command%20Not%20Permitted%0A", AgiResult(511, -1, "Command Not Permitted")),
        (
            "520-Invalid%20command%20syntax.%0ASets%20a%20variable.%0A520%20End%20of%20proper%20usage.%0A",
            AgiResult(520, -1, "Invalid command syntax.\nSets a variable.\n520 End of proper usage."),
        ),
    ],
)
def test_results_as_asterisk_sent_them(text: str, result: AgiResult) -> None:
    assert parse_result(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("200%20result%3D1%20(abc", AgiResult(200, 1, "abc", cut=True)),
        ("200%20result%3D1%20(abc%0A", AgiResult(200, 1, "abc\n", cut=True)),
        ("200%20result%3D1%20(a)bc", AgiResult(200, 1, "a)bc", cut=True)),
        ("200%20result%3D1%20(abc)", AgiResult(200, 1, "abc", cut=True)),
        ("200%20result%3D1%20(%C4%81%C4", AgiResult(200, 1, "ā\ufffd", cut=True)),
        ("200%20result%3D1%20(%C4%81%C", AgiResult(200, 1, "ā%C", cut=True)),
        ("%C4%81%C4%81)%0A200%20result%3D1%0A", AgiResult(0, -1, "āā)\n200 result=1\n")),
        ("", AgiResult(0, -1, "", cut=True)),
        ("HANGUP%0A", AgiResult(0, -1, "HANGUP\n")),
        ("200%20result%3D%0A", AgiResult(0, -1, "200 result=\n")),
        ("200%0A", AgiResult(0, -1, "200\n")),
    ],
)
def test_a_cut_result_and_the_rest_of_one_are_not_believed(text: str, result: AgiResult) -> None:
    assert parse_result(text) == result
    assert not parse_result(text).ok


@pytest.mark.parametrize(
    ("text", "ok"), [("200%20result%3D0%0A", True), ("200%20result%3D-1%0A", False), ("510%20x%0A", False)]
)
def test_ok_means_done_on_a_living_channel(text: str, ok: bool) -> None:
    assert parse_result(text).ok is ok


@given(st.text(st.characters(codec="utf-8"), max_size=60))
@settings(max_examples=200)
def test_any_value_of_a_variable_comes_back(value: str) -> None:
    assert parse_result(percent_encoded(f"200 result=1 ({value})\n", safe="()'")) == AgiResult(200, 1, value)


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_parse_result_never_raises(text: str) -> None:
    parse_result(text)
    parse_result(percent_encoded(text.encode("utf-8", "surrogatepass")))
