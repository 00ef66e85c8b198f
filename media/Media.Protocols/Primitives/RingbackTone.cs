namespace Media.Protocols.Primitives;

/// <summary>The country or region whose ringing tone a caller hears.</summary>
public enum RingbackTone
{
    /// <summary>425 Hz, 1 s on, 4 s off: most of Europe, ETSI TR 101 041-2.</summary>
    Europe,

    /// <summary>440 + 480 Hz, 2 s on, 4 s off.</summary>
    NorthAmerica,

    /// <summary>400 + 450 Hz, 0.4 s on, 0.2 s off, 0.4 s on, 2 s off.</summary>
    UnitedKingdom,

    /// <summary>425 Hz, 1 s on, 4 s off (Anatel).</summary>
    Brazil,

    /// <summary>400 Hz modulated at 25 Hz, 0.4 s on, 0.2 s off, 0.4 s on, 2 s off.</summary>
    India,
}
