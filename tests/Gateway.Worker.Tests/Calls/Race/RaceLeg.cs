namespace Gateway.Worker.Tests.Calls.Race;

/// <summary>One INVITE as the phone that it rings sees it. Changed under the lock of <see cref="RacePhones"/>.</summary>
internal sealed class RaceLeg
{
    public required string Phone { get; init; }

    /// <summary>The WhatsApp user who calls.</summary>
    public required string User { get; init; }

    public required DateTimeOffset RangAt { get; init; }

    /// <summary>The time of the 200; null: not answered.</summary>
    public DateTimeOffset? AnsweredAt { get; set; }

    /// <summary>The time of the CANCEL or BYE; null: it rings or talks.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>CANCEL or BYE.</summary>
    public string? EndedBy { get; set; }

    public bool IsTalking => AnsweredAt is not null && EndedAt is null;

    /// <summary>True while both are in a call at the same moment.</summary>
    public static bool Overlap(DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset? otherFrom, DateTimeOffset? otherTo) =>
        from is not null && otherFrom is not null
            && from < (otherTo ?? DateTimeOffset.MaxValue) && otherFrom < (to ?? DateTimeOffset.MaxValue);

    public override string ToString() =>
        $"{Phone} for {User}: rang {RangAt:ss.fff}, answered {AnsweredAt:ss.fff}, {EndedBy} {EndedAt:ss.fff}";
}
