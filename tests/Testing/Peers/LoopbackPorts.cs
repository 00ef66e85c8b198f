using System.Net;
using System.Net.Sockets;

namespace Testing.Peers;

/// <summary>
/// Free ports for programs that get theirs by configuration. Each process takes whole blocks of ports for itself, so that two concurrent
/// suites, each with a gateway and phones that bind theirs later, never choose the same one; all lie below the system's ephemeral range.
/// </summary>
public static class LoopbackPorts
{
    private const int First = 10_000;
    private const int BlockSize = 500;
    private const int Blocks = 44;

    private const int SmallestRange = 10;

    private static readonly Lock Gate = new();

    /// <summary>tests/debian13 shares it, so that suites on both Debians keep apart.</summary>
    private static readonly string Folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "gateway-ports")).FullName;

    /// <summary>A locked file is a block taken; the system unlocks it when this process ends, however it ends.</summary>
    private static readonly Dictionary<int, FileStream> Taken = [];

    // Three processes may run side by side, two suites on one Debian and one on the other. Single ports repeat late, for a program that
    // was killed is started again on its own; ranges for media are many and short-lived.
    private static readonly Pool Singles = new(mostBlocks: 8);
    private static readonly Pool Ranges = new(mostBlocks: 5);

    /// <summary>The first of <paramref name="count"/> neighbouring ports that are free for both UDP and TCP at this moment.</summary>
    public static int Take(int count = 1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, BlockSize);
        lock (Gate)
            return (count < SmallestRange ? Singles : Ranges).Take(count);
    }

    private sealed class Pool(int mostBlocks)
    {
        private readonly List<int> _blocks = [];
        private int _next;
        private int _end;
        private int _again;

        public int Take(int count)
        {
            for (var tries = 0; tries < Blocks * BlockSize; tries++)
            {
                if (_next + count > _end)
                    (_next, _end) = NextBlock();
                var first = _next;
                _next += count;
                if (Enumerable.Range(first, count).All(IsFree))
                    return first;
            }
            throw new InvalidOperationException("No free loopback port was found.");
        }

        /// <summary>A block that nobody has; after the most, or when there is none, the own ones in turn once more.</summary>
        private (int First, int End) NextBlock()
        {
            for (var i = 0; i < Blocks && _blocks.Count < mostBlocks; i++)
            {
                var first = First + (Environment.ProcessId + i) % Blocks * BlockSize;
                if (!TryLock(first))
                    continue;
                _blocks.Add(first);
                return (first, first + BlockSize);
            }
            if (_blocks.Count == 0)
                throw new InvalidOperationException("Other processes have all loopback ports.");
            var own = _blocks[_again++ % _blocks.Count];
            return (own, own + BlockSize);
        }
    }

    private static bool TryLock(int block)
    {
        if (Taken.ContainsKey(block))
            return false;
        try
        {
            Taken[block] = new FileStream(
                Path.Combine(Folder, $"{block}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false; // another process's
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            tcp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
