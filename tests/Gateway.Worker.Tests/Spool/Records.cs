using Gateway.Calls;
using Gateway.Calls.Records;

namespace Gateway.Worker.Tests.Spool;

/// <summary>Finished records, each of a call of its own.</summary>
internal static class Records
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    /// <param name="endsAfter">Seconds.</param>
    public static CallRecord One(double endsAfter = 10) => new()
    {
        Id = new CallId(Guid.NewGuid().ToString("n")),
        Direction = CallDirection.Inbound,
        Channel = new ChannelId("100"),
        User = new WhatsAppUser("15550001", Name: "Zoë \"Z\""),
        StartedAt = Start,
        EndedAt = Start + TimeSpan.FromSeconds(endsAfter),
        Cause = HangupCause.WhatsAppHungUp,
        Node = "node-1",
    };

    /// <summary>An outbound attempt that was refused here.</summary>
    public static CallRecord Refused(double endsAfter = 10) =>
        One(endsAfter) with { Direction = CallDirection.Outbound, Cause = HangupCause.NotPermitted };
}
