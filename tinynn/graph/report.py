"""Floor 5: a program for people: its lines as they were recorded, and as they run."""


class Report:
    """A recorded program.

    Attributes:
        name: what was recorded.
        recorded: the Program as the recorder wrote it down.
        program: the same after all passes, as it runs.
    """

    def __init__(self, name, recorded, executable):
        self.name, self.recorded, self.executable = name, recorded, executable
        self.program = executable.program

    def show(self):
        """Both programs as numbered lines, and the memory of their results."""
        return "\n".join([
            f"{self.name}, as recorded: {len(self.recorded.lines)} lines", self.recorded.show(), "",
            f"as it runs: {len(self.program.lines)} lines, {self.executable.arena_bytes:,} bytes for their results",
            self.program.show()])

    def __str__(self):
        return self.show()

    def __repr__(self):
        return f"<Report of {self.name}: {len(self.recorded.lines)} lines, {len(self.program.lines)} as it runs>"
