namespace Faults.Judging;

/// <summary>A rule that a history breaks.</summary>
/// <param name="Rule">Which.</param>
/// <param name="Call">The call, the phone or the key that it concerns.</param>
/// <param name="What">How, as a sentence.</param>
public sealed record Finding(string Rule, string Call, string What)
{
    public override string ToString() => $"{Rule}: {Call}: {What}";
}
