using Faults.Facts;

namespace Faults.Tests;

/// <summary>
/// A history in which everything is right: one call that nothing happens to, and one whose node is killed and that goes on at another.
/// </summary>
internal static class SampleHistory
{
    public const string Quiet = "447900000001", TakenOver = "447900000002";

    public const string QuietLeg = "leg-1", TakenOverLeg = "leg-2";

    public static readonly DateTimeOffset Start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static IReadOnlyList<Fact> Make() =>
    [
        new Fact.Began(Start, 7, ["node1", "node2", "node3"], TakesOver: true), .. CallOf(Quiet, QuietLeg, "1000", "node2", 1, 6),
        .. CallOf(TakenOver, TakenOverLeg, "1001", "node1", 8, 20), new Fact.Disturbed(At(14), At(10), FaultKind.Kill, "node1"),
        new Fact.Moved(At(11.5), TakenOverLeg, "node3"), Gap(TakenOver, CallEnd.Phone, 11.6, 1600),
        Gap(TakenOver, CallEnd.User, 11.7, 1700),
        Gap(Quiet, CallEnd.User, 4, 80), new Fact.Indexed(At(10), TakenOver, 5, 1000, 1100),
        new Fact.Indexed(At(20), TakenOver, 5, 16_100, 16_500), new Fact.Indexed(At(6), Quiet, 6, 65_000, 65_800),
        new Fact.Entered(At(80), null, "top_up", 100), Charge(Quiet, 5), Charge(TakenOver, 12),
        new Fact.Balanced(At(80), 100 - Price(5) - Price(12), 0),
    ];

    public static DateTimeOffset At(double seconds) => Start + TimeSpan.FromSeconds(seconds);

    public static decimal Price(int seconds) => 0.003m + Math.Round(0.017m * seconds / 60, 10, MidpointRounding.ToZero);

    public static Fact Charge(string user, int seconds) => new Fact.Entered(At(80), "id-" + user, "charge", -Price(seconds));

    public static Fact Gap(string call, CallEnd end, double at, double milliseconds, double late = 0, double runnable = 1) =>
        new Fact.Silent(
        At(at), call, end, TimeSpan.FromMilliseconds(milliseconds), TimeSpan.FromMilliseconds(late), runnable);

    /// <summary>A call that is answered a second after the phone rings, and hung up by its user.</summary>
    private static IEnumerable<Fact> CallOf(string user, string leg, string phone, string node, double answered, double over)
    {
        yield return new Fact.Offered(At(answered - 1), user, "wacid-" + user);
        yield return new Fact.Delivered(At(answered - 0.95), "wacid-" + user, "connect", node, 200);
        yield return new Fact.Rang(At(answered - 0.9), leg, phone, user, node);
        yield return new Fact.Acted(At(answered - 0.8), user, "pre_accept", true);
        yield return new Fact.PickedUp(At(answered), leg);
        yield return new Fact.Acted(At(answered), user, "accept", true);
        yield return new Fact.Talked(At(answered), user);
        yield return new Fact.Over(At(over), user, "user");
        yield return new Fact.Released(At(over + 0.1), leg, "BYE");
        var seconds = (int)(over - answered);
        yield return new Fact.Recorded(
            At(80), "id-" + user, user, "wacid-" + user, "whatsapp_hung_up", TimeSpan.FromSeconds(seconds),
            new CallBill(seconds, 1, 0.017m, 0.003m, Price(seconds)));
    }
}
