using System.Reflection;

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
        Assert.True(refusal != CauseTable.OfWhatsAppError(int.MinValue).Refusal, $"{name} ({code}) fell through to the unknown error's row");
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

    [Fact]
    public void An_agents_refusal_never_moves_the_call_to_another_trunk()
    {
        foreach (var status in new[] { 480, 486, 487, 600, 603, 404, 488 })
            Assert.False(CauseTable.OfSipStatus(status).TryNextTrunk);
        foreach (var status in new[] { 408, 500, 502, 503, 504, 403 })
            Assert.True(CauseTable.OfSipStatus(status).TryNextTrunk);
    }
}
