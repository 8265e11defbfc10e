# SPDX-License-Identifier: MIT
"""Flows in gdb, of a running program or a core file; see docs/debugging.md.

    flow list                       every live stage of the selected thread
    flow bt [NAME|ADDRESS|#N]       backtraces of suspended generators
    flow dump                       the stages in chains, as flow_dump does

Everything is read from memory and nothing is called, so that it works on a core
file too. A suspended generator has its frames on a stack of its own, and where
it goes on is in its context: an unwinder tells gdb that the innermost frame of
the thread was called from there.
"""
import gdb
import gdb.unwinder

# By architecture: the thread pointer; then ip, sp, fp and base of a context, as
# in flow__switch.
REGISTERS = {
    'i386:x86-64': ('fs_base', ('rip', 'rsp', 'rbp', 'rbx')),
    'aarch64': ('tpidr', ('pc', 'sp', 'x29', 'x19')),
}

# Places in the gregs of an x86-64 ucontext_t.
GREGS = {'r12': 4, 'r13': 5, 'r14': 6, 'r15': 7, 'rbp': 10, 'rbx': 11,
         'rsp': 15, 'rip': 16}

WAIT = 1                            # FLOW_WAIT


def registers():
    """The thread pointer's name, and those of a context."""
    name = gdb.newest_frame().architecture().name()
    if name not in REGISTERS:
        raise gdb.GdbError(f'flow does not know the registers of {name}')
    return REGISTERS[name]


def register(frame, name):
    return int(frame.read_register(name)) & (2 ** 64 - 1)


def lookup(expression):
    try:
        return gdb.parse_and_eval(expression)
    except gdb.error as error:
        raise gdb.GdbError('no flow here, or no debug information of it: '
                           f'{error}') from error


def text(value, otherwise='?'):
    return value.string() if int(value) != 0 else otherwise


class Stage:
    """What is known of one stage."""

    def __init__(self, pointer, number):
        self.address = int(pointer)
        self.number = number
        self.v = pointer.dereference()
        self.name = text(self.v['name'])
        self.made = text(self.v['made'])
        self.kind = text(self.v['type']['name'])
        self.gen = None
        if int(self.v['type']) == int(lookup('&flow__generator_type')):
            self.gen = pointer.cast(
                gdb.lookup_type('struct flow_gen').pointer()).dereference()

    def place(self):
        """Where it goes on; 0 if it is not suspended, or no generator."""
        if self.gen is None:
            return 0
        return int(self.v['inside']['ip']) or int(self.gen['aside'])

    def is_suspended(self):
        return self.place() != 0 and bool(self.gen['begun'])

    def results(self):
        return int(self.v['end'] - self.v['next'])

    def waits(self):
        if self.gen is None:
            return not self.v['ended'] and int(self.v['status']) == WAIT
        filled = int(self.v['end'] - self.v['first'])
        return self.is_suspended() and filled != int(self.v['room'])

    def generator_state(self):
        if self.gen['over']:
            return 'ended'
        if not self.gen['begun']:
            return 'not begun'
        return 'not asked' if self.is_suspended() else 'running'

    def state(self):
        n = self.results()
        if n != 0:
            return f'{n} result{"s" if n > 1 else ""} ready'
        if self.waits():
            return 'waits for ' + text(self.v['waits'], 'its input')
        if self.gen is not None:
            return self.generator_state()
        return 'ended' if self.v['ended'] else 'not asked'


def stages():
    """All live stages of the selected thread, the newest first."""
    pointer_name, _ = registers()
    at = register(gdb.newest_frame(), pointer_name)
    at += int(lookup('flow__thread_offset'))
    thread = gdb.Value(at & (2 ** 64 - 1)).cast(
        gdb.lookup_type('struct flow__thread').pointer())
    found = {}
    s = thread['live']
    while int(s) != 0 and int(s) not in found:
        found[int(s)] = Stage(s, len(found) + 1)
        s = s['live_next']
    return list(found.values())


def selected(argument):
    """The stages that NAME, ADDRESS or #N means; all without an argument."""
    everything = stages()
    if not argument:
        return everything
    if argument.startswith('#'):
        return [s for s in everything if str(s.number) == argument[1:]]
    named = [s for s in everything if s.name == argument]
    if named:
        return named
    try:
        address = int(gdb.parse_and_eval(argument))
    except gdb.error:
        return []
    return [s for s in everything if s.address == address]


# ---- Backtraces ------------------------------------------------------------
class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


def word(number):
    return gdb.Value(number).cast(gdb.lookup_type('unsigned long'))


class Substitute(gdb.unwinder.Unwinder):
    """Lets the innermost frame of the thread be called from `saved`."""

    def __init__(self):
        super().__init__('flow: suspended generators')
        self.saved = None           # {register: number}; None: not now
        self.innermost = None       # pc and sp of the frame it stands for

    def __call__(self, pending):
        if self.saved is None:
            return None
        _, (ip, sp, *_) = registers_of(pending)
        at = [int(pending.read_register(r)) & (2 ** 64 - 1) for r in (ip, sp)]
        if at != self.innermost:
            return None
        # Called frames lie below their callers, or gdb thinks of damage.
        below = self.saved[sp] - 16
        info = pending.create_unwind_info(FrameId(word(below), word(at[0])))
        for name, number in self.saved.items():
            info.add_saved_register(name, word(number))
        return info


def registers_of(pending):
    return REGISTERS[pending.architecture().name()]


SUBSTITUTE = Substitute()
gdb.unwinder.register_unwinder(None, SUBSTITUTE, replace=True)


def is_portable(place):
    """Whether this is a context of the portable switch."""
    return gdb.execute(f'info symbol {place}',
                       to_string=True).startswith('suspended in')


def saved_registers(stage):
    context = stage.v['inside']
    place = stage.place()
    if not is_portable(place):
        _, names = registers()
        fields = ('sp', 'fp', 'base')
        numbers = [place] + [int(context[field]) for field in fields]
        return dict(zip(names, numbers))
    try:
        ucontext = context['sp'].cast(
            gdb.lookup_type('ucontext_t').pointer()).dereference()
        gregs = ucontext['uc_mcontext']['gregs']
    except gdb.error as error:
        raise gdb.GdbError('no backtraces with the portable switch: '
                           f'{error}') from error
    return {name: int(gregs[at]) & (2 ** 64 - 1)
            for name, at in GREGS.items()}


def level_of(sp_name, sp):
    """The level of the innermost frame with that stack pointer."""
    frame = gdb.newest_frame()
    level = 0
    while frame is not None:
        if register(frame, sp_name) == sp:
            return level
        frame = frame.older()
        level += 1
    raise gdb.GdbError('its stack cannot be read')


def frames_from(level):
    """The lines of a backtrace from that level up to the generator's body."""
    listing = gdb.execute('with width 0 -- backtrace', to_string=True)
    lines = []
    for line in listing.splitlines():
        if not line.startswith('#'):
            continue
        number, rest = line[1:].split(None, 1)
        if int(number) < level:
            continue
        if 'run_body' in rest:
            break
        lines.append(f'#{int(number) - level:<3}{rest}')
    return lines


def backtrace(stage):
    """The lines of the backtrace of a suspended generator."""
    _, (ip, sp, *_) = registers()
    frame = gdb.newest_frame()
    chosen = gdb.selected_frame().level()
    SUBSTITUTE.saved = saved_registers(stage)
    SUBSTITUTE.innermost = [register(frame, ip), register(frame, sp)]
    gdb.invalidate_cached_frames()
    try:
        return frames_from(level_of(sp, SUBSTITUTE.saved[sp]))
    finally:
        SUBSTITUTE.saved = None
        gdb.invalidate_cached_frames()
        gdb.execute(f'frame {chosen}', to_string=True)


# ---- Commands ------------------------------------------------------------
class Flow(gdb.Command):
    """Look at flows: flow list, flow bt, flow dump."""

    def __init__(self):
        super().__init__('flow', gdb.COMMAND_STACK, prefix=True)


class FlowList(gdb.Command):
    """List every live stage of the selected thread.

Its number (for flow bt), address, name, kind, state, and where it was made."""

    def __init__(self):
        super().__init__('flow list', gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        found = stages()
        if not found:
            print('no stages')
        for s in found:
            print(f'#{s.number:<3} {s.address:#x} {s.name}, {s.kind}: '
                  f'{s.state()}; made at {s.made}')


class FlowBacktrace(gdb.Command):
    """Show the backtraces of suspended generators: flow bt [NAME|ADDRESS|#N].

Without an argument, of all of this thread. ADDRESS may be any expression."""

    def __init__(self):
        super().__init__('flow bt', gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        argument = argument.strip()
        found = selected(argument)
        if argument and not found:
            raise gdb.GdbError(f'no stage {argument}; see flow list')
        for s in found:
            if s.is_suspended():
                print(f'{s.name} ({s.address:#x}): {s.state()}')
                print('\n'.join(backtrace(s)))
            elif argument:
                print(f'{s.name} ({s.address:#x}): {s.state()}; it has no '
                      'suspended frames')


class FlowDump(gdb.Command):
    """Show the live stages of the selected thread in chains.

Each reader stands above what it reads, which is a step to the right."""

    def __init__(self):
        super().__init__('flow dump', gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        found = {s.address: s for s in stages()}
        inputs = {}
        for s in found.values():
            owner = int(s.v['owner'])
            if owner not in found or owner == s.address:
                owner = None
            inputs.setdefault(owner, []).append(s)
        left = [(s, 0) for s in reversed(inputs.get(None, []))]
        while left:
            s, depth = left.pop()
            print(f'{"  " * depth}{s.name} (made at {s.made}): {s.state()}')
            left += [(i, depth + 1) for i in inputs.pop(s.address, [])]


Flow()
FlowList()
FlowBacktrace()
FlowDump()
