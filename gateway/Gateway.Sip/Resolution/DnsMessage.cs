using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Gateway.Sip.Resolution;

/// <summary>
/// Queries and responses of the DNS (RFC 1035 §4) as far as SIP needs them: one question, answers of the types in <see
/// cref="DnsRecordType"/>.
/// <code>
/// | id 2 | flags 2 | questions 2 | answers 2 | authority 2 | additional 2 | question: name, type 2, class 2 |
/// | answer: name, type 2, class 2, ttl 4, length 2, data |
/// </code>
/// </summary>
public static class DnsMessage
{
    /// <summary>The largest datagram we ask for (EDNS, RFC 6891; the size that DNS Flag Day 2020 recommends).</summary>
    public const int MaxBytes = 1232;

    private const int HeaderBytes = 12;
    private const int MaxRecords = 64;
    private const ushort ClassInternet = 1;
    private const ushort TypeOpt = 41;
    private static readonly TimeSpan MaxTimeToLive = TimeSpan.FromDays(1);

    /// <summary>Writes a recursive query of at most 300 bytes; 0 when <paramref name="name"/> is no DNS name or does not fit.</summary>
    public static int WriteQuery(Span<byte> destination, ushort id, string name, DnsRecordType type)
    {
        destination[..HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination, id);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], 0x0100); // recursion desired
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(destination[10..], 1);
        if (!DnsName.TryWrite(name, destination[HeaderBytes..^15], out var length))
            return 0;
        var rest = destination[(HeaderBytes + length)..];
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], ClassInternet);
        var opt = rest[4..15];
        opt.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(opt[1..], TypeOpt);
        BinaryPrimitives.WriteUInt16BigEndian(opt[3..], MaxBytes);
        return HeaderBytes + length + 4 + 11;
    }

    /// <summary>
    /// Reads the response to that query. False: not the response to it at all (another id or question, no DNS message); wait on. True:
    /// <paramref name="result"/> is the outcome, with the records of <paramref name="type"/> that the name, or what it is an alias of, has.
    /// </summary>
    public static bool TryReadResponse(
        ReadOnlySpan<byte> message, ushort id, string name, DnsRecordType type, out DnsResult<DnsRecord> result)
    {
        result = new DnsResult<DnsRecord>(DnsStatus.Malformed, []);
        if (message.Length < HeaderBytes || BinaryPrimitives.ReadUInt16BigEndian(message) != id)
            return false;
        var flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        var at = HeaderBytes;
        if ((flags & 0x8000) == 0 || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1 || !IsQuestion(message, ref at, name, type))
            return false;

        var status = StatusOf(flags);
        if (status == DnsStatus.Ok)
            status = ReadAnswers(message, at, name.TrimEnd('.'), type, out result);
        if (status != DnsStatus.Ok)
            result = new DnsResult<DnsRecord>(status, []);
        return true;
    }

    private static DnsStatus StatusOf(ushort flags)
    {
        if ((flags & 0x0200) != 0)
            return DnsStatus.Truncated;
        return (flags & 0x000f) switch
        {
            0 => DnsStatus.Ok,
            3 => DnsStatus.NoSuchName,
            _ => DnsStatus.ServerFailure,
        };
    }

    private static bool IsQuestion(ReadOnlySpan<byte> message, ref int at, string name, DnsRecordType type)
    {
        if (!DnsName.TryRead(message, ref at, out var asked) || message.Length < at + 4)
            return false;
        var isSame = asked.Equals(name.TrimEnd('.'), StringComparison.OrdinalIgnoreCase)
            && BinaryPrimitives.ReadUInt16BigEndian(message[at..]) == (ushort)type
            && BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]) == ClassInternet;
        at += 4;
        return isSame;
    }

    private static DnsStatus ReadAnswers(
        ReadOnlySpan<byte> message, int at, string name, DnsRecordType type, out DnsResult<DnsRecord> result)
    {
        List<DnsRecord> records = [];
        result = new DnsResult<DnsRecord>(DnsStatus.Ok, records);
        var count = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        var owner = name;
        for (var i = 0; i < Math.Min((int)count, MaxRecords); i++)
        {
            if (!DnsName.TryRead(message, ref at, out var recordName) || message.Length < at + 10)
                return DnsStatus.Malformed;
            var recordType = (DnsRecordType)BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
            var isInternet = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]) == ClassInternet;
            var seconds = BinaryPrimitives.ReadUInt32BigEndian(message[(at + 4)..]);
            var dataEnd = at + 10 + BinaryPrimitives.ReadUInt16BigEndian(message[(at + 8)..]);
            if (dataEnd > message.Length)
                return DnsStatus.Malformed;
            var dataStart = at + 10;
            at = dataEnd;
            if (!isInternet || !recordName.Equals(owner, StringComparison.OrdinalIgnoreCase))
                continue;
            // RFC 2181 §8: a time with the top bit set counts as none.
            var timeToLive = seconds > int.MaxValue ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(seconds, MaxTimeToLive.TotalSeconds));
            if (ReadData(message[..dataEnd], dataStart, recordType, recordName, timeToLive) is not { } record)
                continue;
            if (record is CnameRecord alias && type != DnsRecordType.Cname)
                owner = alias.Target;
            else if (recordType == type)
                records.Add(record);
        }
        return DnsStatus.Ok;
    }

    /// <summary>Null for types we do not read and for data that is not what its type says: such a record is as good as absent.</summary>
    private static DnsRecord? ReadData(ReadOnlySpan<byte> message, int at, DnsRecordType type, string name, TimeSpan timeToLive)
    {
        var data = message[at..];
        switch (type)
        {
            case DnsRecordType.A when data.Length == 4:
            case DnsRecordType.Aaaa when data.Length == 16:
                return new AddressRecord(name, timeToLive, new IPAddress(data));
            case DnsRecordType.Cname:
                return DnsName.TryRead(message, ref at, out var alias) ? new CnameRecord(name, timeToLive, alias) : null;
            case DnsRecordType.Srv when data.Length >= 7:
                at += 6;
                if (!DnsName.TryRead(message, ref at, out var target))
                    return null;
                return new SrvRecord(name, timeToLive, Number(data), Number(data[2..]), Number(data[4..]), target);
            case DnsRecordType.Naptr when data.Length >= 7:
                at += 4;
                if (!TryReadText(message, ref at, out var flags) || !TryReadText(message, ref at, out var service))
                    return null;
                if (!TryReadText(message, ref at, out _))
                    return null;
                return DnsName.TryRead(message, ref at, out var replacement)
                    ? new NaptrRecord(name, timeToLive, Number(data), Number(data[2..]), flags, service, replacement) : null;
            default:
                return null;
        }
    }

    private static int Number(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadUInt16BigEndian(data);

    /// <summary>character-string: a length byte and that many bytes (RFC 1035 §3.3).</summary>
    private static bool TryReadText(ReadOnlySpan<byte> message, ref int at, out string text)
    {
        text = "";
        if (at >= message.Length || at + 1 + message[at] > message.Length)
            return false;
        text = Encoding.Latin1.GetString(message.Slice(at + 1, message[at]));
        at += 1 + message[at];
        return true;
    }
}
