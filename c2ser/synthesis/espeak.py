"""Speech synthesis without a program to install: eSpeak NG by ctypes, from the wheel espeakng-loader.

The wheel is under the GPL, hence imported only where speech is synthesised.
"""

import ctypes
import multiprocessing
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from multiprocessing.connection import Connection
from threading import Lock
from typing import TypeVar

import numpy as np

from c2ser.errors import InputError

SAMPLE_RATE = 22050

# eSpeak NG's speak_lib.h: output mode, parameters and flags that are used here.
_SYNCHRONOUS = 2
_RATE, _PITCH, _RANGE = 1, 3, 4
_UTF8 = 1
_BUFFER_MS = 500
_OWN_NOTATION, _IPA = (ord("_") << 8 | ipa for ipa in (0, 2))  # with _ between phonemes

_MARKS = re.compile(r"[\u02c8\u02cc',%=|!]|\([a-z-]+\)")  # stress, pauses, words in another language
_TONE = re.compile(r"(?<=\D)(\d\d+)$")

_SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

Item = TypeVar("Item")
Result = TypeVar("Result")


def speak(text: str, voice: str, *, rate: int = 175, pitch: int = 50, pitch_range: int = 50) -> np.ndarray:
    """Synthesises a text.

    eSpeak NG carries phases and noise over from one utterance to the next, so only the first utterance of a process has
    the same samples each time. `map_in_fresh_processes` runs each utterance in a process of its own.

    Args:
        text: what to say.
        voice: language and variant, such as ``en-us+f2`` or ``cmn+m3``.
        rate: words per minute, 80 to 450.
        pitch: 0 to 99; the voice's own is 50.
        pitch_range: 0 (monotone) to 99; the voice's own is 50.

    Returns:
        (T,) float32 in [-1, 1] at 22050 Hz.

    Raises:
        InputError: the voice is unknown, or the text results in no sound.

    Example:
        >>> speak("Good morning.", "en-us+f2", rate=160).dtype
        dtype('float32')
    """
    library, chunks = _library()
    chunks.clear()
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise InputError(f"eSpeak NG has no voice '{voice}'; name a language and a variant, such as en-us+f2")
    for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, pitch_range)):
        library.espeak_SetParameter(parameter, value, 0)
    data = text.encode("utf-8") + b"\0"
    library.espeak_Synth(data, len(data), 0, 0, 0, _UTF8, None, None)
    if not chunks:
        raise InputError(f"eSpeak NG produces no sound for '{text}' with voice '{voice}'; change the text")
    return np.concatenate(chunks).astype(np.float32) / 32768


def phonemes(text: str, voice: str, *, tones: bool = False) -> list[str]:
    """Transcribes a text as eSpeak NG pronounces it, without stress and pauses.

    Args:
        text: one line in standard spelling.
        voice: the language, such as ``en-us`` or ``cmn``.
        tones: write eSpeak NG's own notation, in which Mandarin's tones differ, which its IPA does not write: ``55``,
            ``35``, ``214``, ``51`` and ``11`` become phonemes of their own, behind the one that carries them.

    Returns:
        The phonemes, in IPA by default.

    Raises:
        InputError: the voice is unknown.

    Example:
        >>> phonemes("How?", "en-us"), phonemes("\u597d\u3002", "cmn", tones=True)
        (['h', 'a\u028a'], ['X', 'Au', '214'])
    """
    library, _ = _library()
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise InputError(f"eSpeak NG has no voice '{voice}'; name a language, such as en-us")
    rest = ctypes.c_char_p(text.encode("utf-8") + b"\0")
    symbols: list[str] = []
    while rest.value is not None:
        clause = library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _OWN_NOTATION if tones else _IPA)
        for symbol in _MARKS.sub("", clause.decode("utf-8")).replace("_", " ").split():
            symbols += [part for part in _TONE.split(symbol) if part.strip(";:")]
    return symbols


def map_in_fresh_processes(function: Callable[[Item], Result], items: Iterable[Item], *, nj: int) -> Iterator[Result]:
    """Computes a function of each item in a new process.

    Args:
        function: of one item; a function of a module, not a lambda.
        items: its arguments.
        nj: processes at a time.

    Yields:
        The results, in the order of ``items``.

    Raises:
        InputError: a process died, as eSpeak NG may do; or what ``function`` raised.
    """
    if nj < 1:
        raise InputError(f"{nj} jobs: at least one is needed")
    # A fork server is small and has no threads, so that a new process takes only milliseconds.
    context = multiprocessing.get_context("forkserver")
    # Each new process runs the program's file again, so what that imports is loaded before, too.
    program = vars(sys.modules["__main__"]).values()
    imported = {getattr(value, "__module__", None) for value in program} - {None, "__main__"}
    context.set_forkserver_preload([function.__module__, *sorted(imported)])
    # multiprocessing is not thread-safe: a process that starts looks for the exit codes of all others, which their own
    # threads would then wait for in vain, and take for 255.
    one_at_a_time = Lock()

    def call(item: Item) -> Result:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_call_and_send, args=(function, item, sender))
        with one_at_a_time:
            process.start()
        sender.close()  # so that the end of the process is the end of the pipe
        try:
            result, error = receiver.recv()
            died = False
        except EOFError:
            died = True
        with one_at_a_time:
            process.join()
        if died:
            raise InputError(f"the process of {item} died with exit code {process.exitcode}")
        if error is not None:
            raise error
        return result

    with ThreadPoolExecutor(nj) as threads:
        try:
            yield from threads.map(call, items)
        finally:
            threads.shutdown(cancel_futures=True)


def _call_and_send(function: Callable[[Item], Result], item: Item, sender: Connection) -> None:
    try:
        sender.send((function(item), None))
    except Exception as error:  # raised again in the parent process
        sender.send((None, error))


@cache
def _library() -> tuple[ctypes.CDLL, list[np.ndarray]]:
    """Loads and initialises eSpeak NG; returns it with the list that receives its samples."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    if library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, espeakng_loader.get_data_path().encode(), 0) != SAMPLE_RATE:
        raise InputError("eSpeak NG does not start; reinstall espeakng-loader")
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    chunks: list[np.ndarray] = []

    def receive(samples, num_samples: int, events) -> int:
        if samples and num_samples > 0:
            chunks.append(np.ctypeslib.as_array(samples, (num_samples,)).copy())
        return 0

    library.receive = _SynthCallback(receive)  # kept alive as long as the library that calls it
    library.espeak_SetSynthCallback(library.receive)
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # otherwise the clock seeds the noise of breathy variants
    return library, chunks
