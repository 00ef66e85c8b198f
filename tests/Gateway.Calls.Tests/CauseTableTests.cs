using System.Reflection;
using Gateway.Calls.Rules;

namespace Gateway.Calls.Tests;

public class CauseTableTests
{
    public static TheoryData<string> DocumentedErrors =>
        [.. typeof(WhatsAppErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(code => code.Name)];

    [Theory]
    [MemberData(nameof(DocumentedErrors))]
    public void Every_documented_error_has_a_verdict_of_its_own(string name)
    {
        var code = (int)typeof(WhatsAppErrorCodes).GetField(name)!.GetRawConstantValue()!;
        var (_, refusal) = CauseTable.OfWhatsAppError(code);
        Assert.InRange(refusal.Status, 400, 699);
        Assert.True(
            refusal != CauseTable.OfWhatsAppError(int.MinValue).Refusal, $"{name} ({code}) fell through to the unknown error's row");
    }

    [Fact]
    public void Every_cause_has_a_refusal_and_a_Q850_value()
    {
        foreach (var cause in Enum.GetValues<HangupCause>())
        {
            Assert.InRange(CauseTable.Refusal(cause).Status, 400, 699);
            Assert.InRange(CauseTable.Q850(cause), 1, 127);
        }
    }

    [Theory]
    [InlineData(300)]
    [InlineData(302)]
    [InlineData(305)]
    [InlineData(380)]
    public void A_redirection_that_was_not_followed_is_reported_as_one_and_the_next_trunk_is_tried(int status) =>
        Assert.Equal((HangupCause.PbxRedirected, true), CauseTable.OfPbxRefusal(status, null));

    [Theory]
    [InlineData(403, 21, HangupCause.Declined)] // Asterisk's own form of an agent's 603
    [InlineData(503, 17, HangupCause.Busy)]
    [InlineData(480, 19, HangupCause.NoAnswer)]
    [InlineData(503, 1, HangupCause.NoRoute)]
    public void What_the_called_party_did_counts_more_than_the_status_a_PBX_made_of_it(int status, int q850, HangupCause cause) =>
        Assert.Equal((cause, false), CauseTable.OfPbxRefusal(status, q850));

    [Theory]
    [InlineData(503, 34)]
    [InlineData(503, 38)]
    [InlineData(408, 102)]
    [InlineData(503, null)]
    public void A_cause_of_the_network_leaves_the_next_trunk_its_turn(int status, int? q850) =>
        Assert.True(CauseTable.OfPbxRefusal(status, q850).TryNextTrunk);

    [Fact]
    public void An_agents_refusal_never_moves_the_call_to_another_trunk()
    {
        foreach (var status in new[] { 480, 486, 487, 600, 603, 404, 488 })
            Assert.False(CauseTable.OfSipStatus(status).TryNextTrunk);
        foreach (var status in new[] { 408, 500, 502, 503, 504, 403 })
            Assert.True(CauseTable.OfSipStatus(status).TryNextTrunk);
    }
}
