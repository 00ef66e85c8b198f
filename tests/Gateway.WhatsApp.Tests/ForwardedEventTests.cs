using Gateway.Calls;
using Gateway.WhatsApp.Webhooks;

namespace Gateway.WhatsApp.Tests;

public sealed class ForwardedEventTests
{
    private static readonly WhatsAppUser User = new("447911000000", "US.1", "US.0", "Ann", "ann");

    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddDays(20_000);

    public static TheoryData<WebhookEvent> Events => new()
    {
        new WebhookEvent.CallConnect("wacid.1", CallDirection.Inbound, User, SdpType.Offer, "v=0\r\n")
        {
            Number = new BusinessNumber("100", "4930000"), Timestamp = At, BusinessPhone = "4930000", CtaPayload = "a",
            DeeplinkPayload = "b", OpaqueData = "c",
        },
        new WebhookEvent.CallStatus("wacid.2", RemoteCallState.Rejected, User) { OpaqueData = "d" },
        new WebhookEvent.CallTerminate("wacid.3", TerminateOutcome.Failed, User)
        {
            Direction = CallDirection.Outbound, Status = "FAILED", StartedAt = At, EndedAt = At.AddSeconds(3),
            Duration = TimeSpan.FromSeconds(3), OpaqueData = "e",
        },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void Reads_what_it_wrote(WebhookEvent happened)
    {
        Assert.True(ForwardedEvent.TryRead(new ForwardedEvent(happened, 2).ToJson(), out var read));
        Assert.Equal(2, read.Hops);
        // Records compare lists by identity: the one list is empty here, and below.
        Assert.Equal(happened with { }, read.Event is WebhookEvent.CallTerminate end ? end with { Errors = [] } : read.Event);
    }

    [Fact]
    public void Reads_the_errors_of_an_end()
    {
        var end = new WebhookEvent.CallTerminate("wacid.3", TerminateOutcome.Failed, User)
        {
            Errors = [new WhatsAppError(138021, "text", "more") { Subcode = 33 }],
        };
        Assert.True(ForwardedEvent.TryRead(new ForwardedEvent(end, 0).ToJson(), out var read));
        Assert.Equal(end.Errors, ((WebhookEvent.CallTerminate)read.Event).Errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"event":null,"hops":1}""")]
    [InlineData("""{"event":{"kind":"of a version to come"},"hops":1}""")]
    public void Passes_over_what_it_does_not_know(string text) => Assert.False(ForwardedEvent.TryRead(text, out _));
}
