using System.Buffers.Binary;
using System.Net;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>
/// An agent facing a peer that knows the password: the input is a sequence of datagrams, each cut to the length in its first bytes, given
/// as they are and again with valid integrity, so that the code behind the integrity check is reached. Between them time passes.
/// </summary>
public sealed class IceFuzzTarget : IFuzzTarget
{
    private const int MaxDatagrams = 40;

    private static readonly IceCredentials Local = new("abcd", "0123456789012345678901==");
    private static readonly IceCredentials Remote = new("efgh", "abcdefghijklmnopqrstuv==");
    private static readonly TransportAddress Socket = TransportAddress.From(IPAddress.Parse("192.0.2.1"), 4000);
    private static readonly IPAddress Peer = IPAddress.Parse("198.51.100.1");

    public string Name => "ice";

    public void Run(ReadOnlySpan<byte> input)
    {
        var flags = input.IsEmpty ? 0 : input[0];
        var agent = new IceAgent(
            new IceAgentOptions { Role = (flags & 1) != 0
                ? IceRole.Controlling
                : IceRole.Controlled, Lite = (flags & 2) != 0, Local = Local },
            new CountingEntropy());
        agent.AddLocalCandidate(IceCandidate.Host(Socket, 1));
        if ((flags & 4) == 0)
            agent.SetRemote(Remote, lite: (flags & 8) != 0);
        agent.AddRemoteCandidate(IceCandidate.Host(TransportAddress.From(Peer, 1), 1));

        var now = new Instant(1_000_000_000);
        Span<byte> buffer = stackalloc byte[IceAgent.MaxTransmitLength];
        Span<byte> signed = stackalloc byte[StunReader.MaxLength + 64];
        StunTransactionId asked = default;
        Drain(agent, now, buffer, ref asked);
        for (var count = 0; count < MaxDatagrams && input.Length > 2; count++)
        {
            var length = Math.Min(input.Length - 2, 20 + input[1] * 4);
            var datagram = input.Slice(2, length);
            var from = TransportAddress.From(Peer, 1 + (input[0] >> 4));
            now += TimeSpan.FromMilliseconds(input[0] * 20);
            agent.HandleDatagram(datagram, Socket, from, now);
            var signedLength = Sign(datagram, asked, signed);
            agent.HandleDatagram(signed[..signedLength], Socket, from, now);
            agent.HandleDeadline(now);
            Drain(agent, now, buffer, ref asked);
            Require(agent.Selected is not { } path || agent.IsValidated(path.Remote), "a selected address is a validated one");
            input = input[(2 + length)..];
        }
    }

    private static void Drain(IceAgent agent, Instant now, Span<byte> buffer, ref StunTransactionId asked)
    {
        var sent = 0;
        while (agent.TryPollTransmit(buffer, now, out var transmit))
        {
            Require(++sent < 100, "a drain ends");
            Require(StunReader.TryRead(buffer[..transmit.Length], out var message, out _), "what is sent can be read");
            if (message.Class == StunClass.Request)
                asked = message.TransactionId;
        }
        while (agent.TryPollEvent(out _))
            continue;
        Require(agent.NextDeadline > now, "nothing is due after a drain");
    }

    /// <summary>
    /// Puts the attributes of <paramref name="datagram"/> into an authentic request, or an answer to the agent's last one.
    /// </summary>
    private static int Sign(ReadOnlySpan<byte> datagram, StunTransactionId asked, Span<byte> signed)
    {
        var isRequest = datagram[0] == 0;
        var writer = new StunWriter(
            signed, isRequest ? StunClass.Request : (datagram[^1] & 1) == 0 ? StunClass.Success : StunClass.Error,
            isRequest ? new StunTransactionId(1, 2) : asked);
        if (isRequest)
            writer.Add(StunAttribute.Username, "abcd:efgh"u8);
        for (var rest = datagram.Length > 20 ? datagram[20..] : default; rest.Length >= 4;)
        {
            var length = Math.Min(rest.Length - 4, BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) & 0x3F);
            writer.Add((StunAttribute)BinaryPrimitives.ReadUInt16BigEndian(rest), rest.Slice(4, length));
            rest = rest[Math.Min(rest.Length, 4 + ((length + 3) & ~3))..];
        }
        return writer.TryFinish(System.Text.Encoding.ASCII.GetBytes(isRequest ? Local.Password : Remote.Password), out var total)
            ? total
            : 0;
    }

    private sealed class CountingEntropy : IEntropy
    {
        private byte _next;

        public void Fill(Span<byte> destination)
        {
            foreach (ref var b in destination)
                b = _next++;
        }
    }
}
