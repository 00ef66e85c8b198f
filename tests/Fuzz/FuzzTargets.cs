using Fuzz.Targets;

namespace Fuzz;

/// <summary>Every target there is; the tests replay all of them.</summary>
public static class FuzzTargets
{
    public static readonly IReadOnlyList<IFuzzTarget> All =
    [
        new SdpFuzzTarget(),
        new StunFuzzTarget(),
        new RtpFuzzTarget(),
        new RtcpFuzzTarget(),
        new TelephoneEventFuzzTarget(),
        new JitterFuzzTarget(),
    ];

    public static IFuzzTarget? Find(string name) => All.FirstOrDefault(target => target.Name == name);
}
