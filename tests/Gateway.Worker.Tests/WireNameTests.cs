using System.Reflection;
using System.Text.RegularExpressions;
using Gateway.Calls;
using Gateway.Sip.Transactions;
using Gateway.Storage.Events;
using Gateway.WhatsApp.Webhooks;
using Media.Engine;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tests;

/// <summary>Every closed set of the gateway has one spelling outside the code, and is read back from it.</summary>
public partial class WireNameTests
{
    private static readonly Assembly[] Product =
    [
        typeof(CallLeg).Assembly, typeof(MediaEvent).Assembly, typeof(HangupCause).Assembly, typeof(SipTransport).Assembly,
        typeof(WebhookEvent).Assembly, typeof(EventKind).Assembly, typeof(GatewayHost).Assembly,
    ];

    public static TheoryData<Type> ClosedSets => new(Product.SelectMany(assembly => assembly.GetTypes()).Where(type => type.IsEnum));

    [Theory]
    [MemberData(nameof(ClosedSets))]
    public void Every_member_is_read_back_from_its_spelling(Type closedSet) => typeof(WireNameTests)
        .GetMethod(nameof(ReadsBack), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(closedSet).Invoke(null, null);

    [Fact]
    public void WhatsApp_is_one_word_and_a_row_of_capitals_too()
    {
        Assert.Equal("whatsapp_hung_up", WireName.Of(HangupCause.WhatsAppHungUp));
        Assert.Equal("p_asserted_identity", WireName.OfName("PAssertedIdentity"));
        Assert.Equal("price_per_minute", WireName.OfName("pricePerMinute"));
        Assert.False(WireName.TryParse<CallLeg>("WhatsApp", out _));
        Assert.False(WireName.TryParse<CallLeg>(null, out _));
    }

    private static void ReadsBack<T>() where T : struct, Enum => Assert.All(Enum.GetValues<T>(), member =>
    {
        var name = WireName.Of(member);
        Assert.Matches(Spelling(), name);
        Assert.True(WireName.TryParse<T>(name, out var read));
        Assert.Equal(member, read);
        Assert.Equal(name, new WireText<T>(member).ToString());
    });

    [GeneratedRegex("^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
    private static partial Regex Spelling();
}
