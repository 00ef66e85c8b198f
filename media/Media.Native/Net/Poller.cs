using System.Runtime.InteropServices;

namespace Media.Native.Net;

/// <summary>
/// Waits for any of many sockets (epoll, level-triggered), each identified by a 64-bit token of the caller. Owned by one thread, except
/// <see cref="Wake"/>, which any thread may call to end a wait early. Waiting allocates nothing.
/// </summary>
public sealed unsafe class Poller : IDisposable
{
    private const ulong WakeToken = ulong.MaxValue;

    // struct epoll_event is packed on x86-64 only: events(4) data(8), with 4 bytes of padding between them elsewhere.
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int EventSize = Packed ? 12 : 16;
    private static readonly int TokenOffset = Packed ? 4 : 8;

    private readonly DescriptorHandle _epoll;
    private readonly DescriptorHandle _wake;
    private readonly byte[] _events;
    private readonly ulong[] _ready;
    private readonly bool _nanoseconds;

    /// <param name="maxReady">Sockets reported by one wait, 1 … 65536; the others are reported by the next.</param>
    /// <exception cref="NativeException">The process is out of file descriptors.</exception>
    public Poller(int maxReady = 1024)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxReady, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxReady, 65536);
        _events = GC.AllocateUninitializedArray<byte>((maxReady + 1) * EventSize, pinned: true);
        _ready = new ulong[maxReady + 1];
        _epoll = LibC.CreateEpoll(LibC.SocketCloseOnExec);
        _wake = LibC.CreateEvent(0, LibC.SocketNonBlocking | LibC.SocketCloseOnExec);
        if (_epoll.IsInvalid || _wake.IsInvalid || !TryControl(LibC.EpollAdd, _wake, WakeToken))
        {
            Dispose();
            throw new NativeException("The kernel gives no epoll descriptor; raise the limit of open files (LimitNOFILE).");
        }
        _nanoseconds = SupportsNanoseconds();
    }

    /// <summary>True when the last wait ended, among other things, because of <see cref="Wake"/>.</summary>
    public bool WasWoken { get; private set; }

    /// <summary>Starts watching <paramref name="socket"/> for datagrams.</summary>
    /// <param name="socket">Disposing it also ends the watch.</param>
    /// <param name="token">Returned by <see cref="Wait"/>; <see cref="ulong.MaxValue"/> is reserved.</param>
    /// <exception cref="NativeException">Already watched, or the kernel is out of watches.</exception>
    public void Add(UdpSocket socket, ulong token)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentOutOfRangeException.ThrowIfEqual(token, WakeToken);
        if (!TryControl(LibC.EpollAdd, socket.Handle, token))
            throw new NativeException($"epoll refuses the socket: error {Marshal.GetLastPInvokeError()}.");
    }

    /// <summary>Stops watching; a token already returned by the current wait may still be in its result.</summary>
    public void Remove(UdpSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        _ = TryControl(LibC.EpollDelete, socket.Handle, 0);
    }

    /// <summary>
    /// Waits until a socket is readable, <see cref="Wake"/> is called, or <paramref name="timeout"/> has passed
    /// (zero: look only; <see cref="Timeout.InfiniteTimeSpan"/>: no limit).
    /// </summary>
    /// <returns>The tokens of readable sockets, valid until the next wait.</returns>
    public ReadOnlySpan<ulong> Wait(TimeSpan timeout)
    {
        WasWoken = false;
        var count = WaitForEvents(timeout);
        var ready = 0;
        for (var i = 0; i < count; i++)
        {
            var token = MemoryMarshal.Read<ulong>(_events.AsSpan(i * EventSize + TokenOffset));
            if (token == WakeToken)
                DrainWake();
            else
                _ready[ready++] = token;
        }
        return _ready.AsSpan(0, ready);
    }

    /// <summary>Ends the current or the next <see cref="Wait"/>. Safe from any thread, also after disposal.</summary>
    public void Wake()
    {
        ulong one = 1;
        try
        {
            _ = LibC.Write(_wake, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // The loop has ended: there is no one to wake.
        }
    }

    public void Dispose()
    {
        _wake.Dispose();
        _epoll.Dispose();
    }

    private void DrainWake()
    {
        ulong value;
        _ = LibC.Read(_wake, &value, sizeof(ulong));
        WasWoken = true;
    }

    private int WaitForEvents(TimeSpan timeout)
    {
        fixed (byte* events = _events)
        {
            if (timeout < TimeSpan.Zero || timeout == TimeSpan.MaxValue)
                return LibC.WaitEpoll(_epoll, events, _ready.Length, -1);
            if (!_nanoseconds) // rounded up: waking before the deadline would only mean waiting again
                return LibC.WaitEpoll(_epoll, events, _ready.Length, (int)Math.Min(Math.Ceiling(timeout.TotalMilliseconds), int.MaxValue));
            var left = new TimeSpec
            {
                Seconds = (nint)(timeout.Ticks / TimeSpan.TicksPerSecond),
                Nanoseconds = (nint)(timeout.Ticks % TimeSpan.TicksPerSecond * 100),
            };
            return LibC.WaitEpoll(_epoll, events, _ready.Length, &left, 0);
        }
    }

    private bool SupportsNanoseconds()
    {
        TimeSpec none = default;
        try
        {
            fixed (byte* events = _events)
                return LibC.WaitEpoll(_epoll, events, 1, &none, 0) >= 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // an older C library
        }
    }

    private bool TryControl(int operation, DescriptorHandle descriptor, ulong token)
    {
        var description = stackalloc byte[16];
        *(uint*)description = LibC.EpollIn;
        *(ulong*)(description + TokenOffset) = token;
        return LibC.ControlEpoll(_epoll, operation, descriptor, description) == 0;
    }
}
