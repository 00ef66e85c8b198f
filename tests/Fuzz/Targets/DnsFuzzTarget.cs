using Gateway.Sip.Resolution;
using Testing;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>Reads a response to one fixed DNS question; the first byte chooses its type.</summary>
public sealed class DnsFuzzTarget : IFuzzTarget
{
    private const string Question = "_sip._udp.example.com";
    private static readonly DnsRecordType[] Types = Enum.GetValues<DnsRecordType>();

    public string Name => "dns";

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        var type = Types[input[0] % Types.Length];
        if (!DnsMessage.TryReadResponse(input[1..], 0x1234, Question, type, out var result))
            return;
        Require(result.Status == DnsStatus.Ok || result.Records.Count == 0, "a failure has no records");
        Require(result.Records.Count <= 64, "records are limited");
        foreach (var record in result.Records)
        {
            Require(record.Name.Length <= 255 && record.TimeToLive >= TimeSpan.Zero
                && record.TimeToLive <= TimeSpan.FromDays(1), "names and times are limited");
            Require(record is not SrvRecord srv
                || (srv.Target.Length <= 255 && srv.Port is >= 0 and <= 65535), "a target is a name and a port");
        }
        Require(SrvOrder.Sort(result.Records.OfType<SrvRecord>(), new SeededEntropy(1)).Count == result.Records.OfType<SrvRecord>()
            .Count(), "sorting loses nothing");
    }
}
