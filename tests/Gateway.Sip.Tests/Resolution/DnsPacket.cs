using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Gateway.Sip.Tests.Resolution;

/// <summary>Builds the responses of a name server by hand, independently of the code under test.</summary>
internal sealed class DnsPacket
{
    private readonly List<byte> _bytes = [];
    private int _answers;

    public DnsPacket(ReadOnlySpan<byte> query, int flags = 0x8180)
    {
        var questionEnd = 12;
        while (query[questionEnd] != 0)
            questionEnd += 1 + query[questionEnd];
        _bytes.AddRange(query[..(questionEnd + 5)]);
        _bytes[2] = (byte)(flags >> 8);
        _bytes[3] = (byte)flags;
        _bytes[11] = 0;
    }

    /// <summary>The question's name, by a pointer to it.</summary>
    public static byte[] Question => [0xc0, 12];

    public static byte[] Name(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];

    public DnsPacket Answer(byte[] name, int type, uint ttl, params byte[] data)
    {
        _bytes.AddRange(name);
        _bytes.AddRange([0, (byte)type, 0, 1]);
        var seconds = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(seconds, ttl);
        _bytes.AddRange(seconds);
        _bytes.AddRange([(byte)(data.Length >> 8), (byte)data.Length]);
        _bytes.AddRange(data);
        _answers++;
        return this;
    }

    public DnsPacket Srv(byte[] name, int priority, int weight, int port, string target) =>
        Answer(name, 33, 60, [0, (byte)priority, 0, (byte)weight, (byte)(port >> 8), (byte)port, .. Name(target)]);

    public DnsPacket Naptr(byte[] name, int order, int preference, string flags, string service, string replacement) =>
        Answer(name, 35, 60, [0, (byte)order, 0, (byte)preference, .. Text(flags), .. Text(service), .. Text(""), .. Name(replacement)]);

    public DnsPacket Cname(byte[] name, string target) => Answer(name, 5, 60, Name(target));

    public DnsPacket A(byte[] name, string address) => Answer(name, 1, 60, IPAddress.Parse(address).GetAddressBytes());

    public byte[] Build()
    {
        _bytes[7] = (byte)_answers;
        return [.. _bytes];
    }

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
