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

    /// <summary>Of one process, so that four may run side by side: two suites on each of two Debians.</summary>
    private const int MostBlocks = 10;

    private static readonly Lock Gate = new();

    /// <summary>tests/debian13 shares it, so that suites on both Debians keep apart.</summary>
    private static readonly string Folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "gateway-ports")).FullName;

    /// <summary>A locked file is a block taken; the system unlocks it when this process ends, however it ends.</summary>
    private static readonly Dictionary<int, FileStream> Taken = [];

    private static int _next;
    private static int _end;
    private static int _again;

    /// <summary>The first of <paramref name="count"/> neighbouring ports that are free for both UDP and TCP at this moment.</summary>
    public static int Take(int count = 1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, BlockSize);
        lock (Gate)
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
        }
        throw new InvalidOperationException("No free loopback port was found.");
    }

    /// <summary>
    /// A block that no process has. After <see cref="MostBlocks"/>, or when there is none, this process's own blocks in turn once more:
    /// their first users have ended long since.
    /// </summary>
    private static (int First, int End) NextBlock()
    {
        for (var i = 0; i < Blocks && Taken.Count < MostBlocks; i++)
        {
            var first = First + (Environment.ProcessId + i) % Blocks * BlockSize;
            if (Taken.ContainsKey(first))
                continue;
            try
            {
                Taken[first] = new FileStream(
                    Path.Combine(Folder, $"{first}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return (first, first + BlockSize);
            }
            catch (IOException)
            {
                // another process's
            }
        }
        if (Taken.Count == 0)
            throw new InvalidOperationException("Other processes have all loopback ports.");
        var own = Taken.Keys.ElementAt(_again++ % Taken.Count);
        return (own, own + BlockSize);
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
