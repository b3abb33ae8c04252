import pytest

from ganlib.support.errors import exit_on_user_error


def test_file_that_cannot_be_opened_ends_a_command_in_one_line(tmp_path):
    with pytest.raises(SystemExit, match=rf"^error: {tmp_path}: Is a directory$"), exit_on_user_error():
        tmp_path.read_bytes()


def test_error_of_the_program_keeps_its_traceback(tmp_path):
    with pytest.raises(FileNotFoundError), exit_on_user_error():
        (tmp_path / "absent").read_bytes()
