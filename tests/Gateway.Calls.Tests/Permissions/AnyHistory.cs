using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls.Permissions;

namespace Gateway.Calls.Tests.Permissions;

/// <summary>Any history of a permission, learned in any order.</summary>
public class AnyHistory
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly PermissionLimits Limits = new();

    [Fact]
    public void What_is_announced_twice_changes_nothing_the_second_time() => ForAll(happenings =>
    {
        var known = ContactPermission.Unknown;
        foreach (var happening in happenings)
        {
            known = Apply(known, happening);
            Assert.Equal(known, Apply(known, happening));
        }
    });

    [Fact]
    public void The_last_decision_stands_in_whatever_order_decisions_are_announced() => ForAll(happenings =>
    {
        // One decision a second: of two in the same second, the last cannot be determined.
        var decisions = happenings.Where(h => h.Kind is 0 or 1 or 2 or 3).DistinctBy(h => h.Minute).ToList();
        var inOrder = decisions.OrderBy(h => h.Minute).Aggregate(ContactPermission.Unknown, Apply);
        var asTold = decisions.Aggregate(ContactPermission.Unknown, Apply);

        Assert.Equal((inOrder.State, inOrder.Since, inOrder.ExpiresAt), (asTold.State, asTold.Since, asTold.ExpiresAt));
    });

    [Fact]
    public void Nobody_is_called_or_asked_beyond_what_stands() => ForAll(happenings =>
    {
        var known = ContactPermission.Unknown;
        foreach (var happening in happenings)
        {
            known = Apply(known, happening);
            Check(known, Time(happening));
        }
    });

    private static void Check(ContactPermission known, DateTimeOffset now)
    {
        Assert.Equal(known.State == PermissionState.Temporary, known.ExpiresAt is not null);
        Assert.Equal(known.State == PermissionState.None, known.Since is null);
        Assert.True(known.Unanswered < Limits.UnansweredUntilRevoked
            || known.State is not (PermissionState.Temporary or PermissionState.Permanent));
        var state = PermissionRules.StateAt(known, now);
        Assert.Equal(state is PermissionState.Temporary or PermissionState.Permanent, PermissionRules.MayCall(known, now));

        var verdict = PermissionRules.MayRequest(known, Limits, hasTemplate: true, now);
        if (!verdict.IsAllowed)
        {
            // A refusal names the moment from which the same request is allowed.
            Assert.NotEmpty(verdict.Text!);
            Assert.True(known.State == PermissionState.Permanent
                || PermissionRules.MayRequest(known, Limits, hasTemplate: true, verdict.FreeAt!.Value).IsAllowed);
            return;
        }
        var counted = known.RecentRequests.Where(at => !(at <= known.LastConnectedAt)).ToList();
        Assert.True(counted.Count(at => at > now - PermissionRules.Day) < Limits.RequestsPerDay);
        Assert.True(counted.Count(at => at > now - PermissionRules.Week) < Limits.RequestsPerWeek);
        Assert.False(known.State == PermissionState.Declined && known.Since > now - Limits.DeclinedWait);
    }

    private static ContactPermission Apply(ContactPermission known, Happening happening)
    {
        var at = Time(happening);
        return happening.Kind switch
        {
            0 => known.Granted(at, at.AddHours(5), isPermanent: false, PermissionDecider.User, Limits),
            1 => known.Granted(at, null, isPermanent: true, PermissionDecider.User, Limits),
            2 => known.Declined(at),
            3 => known.Revoked(at, PermissionDecider.User),
            4 => known.Granted(at, null, isPermanent: false, PermissionDecider.Automatic, Limits),
            5 or 6 => known.Unanswered(at, Limits),
            7 => known.Connected(at),
            8 => known.WindowOpened(at, Limits),
            _ => known.RecentRequests.Contains(at) ? known : known with { RecentRequests = [.. known.RecentRequests, at] },
        };
    }

    private static DateTimeOffset Time(Happening happening) => Start.AddMinutes(happening.Minute);

    private static void ForAll(Action<List<Happening>> holds)
    {
        var happening = Gen.Choose(0, 9).SelectMany(_ => Gen.Choose(0, 14 * 24 * 60), (kind, minute) => new Happening(kind, minute));
        Prop.ForAll(happening.ListOf().ToArbitrary(), steps => holds([.. steps]))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000).WithEndSize(40));
    }

    private readonly record struct Happening(int Kind, int Minute);
}
