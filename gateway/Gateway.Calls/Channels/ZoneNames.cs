using System.Collections.Frozen;

namespace Gateway.Calls.Channels;

/// <summary>
/// Names of time zones that were replaced by others with the same meaning: Asia/Calcutta is Asia/Kolkata. A machine's data may lack the
/// former names (Debian's and Ubuntu's tzdata without tzdata-legacy) or the newer ones (data from before Europe/Kyiv), so a name is looked
/// up under all of them. Source: the links of tzdata's file `backward`, 2025b.
/// </summary>
internal static class ZoneNames
{
    /// <summary>The current name of each zone, and the former ones.</summary>
    private const string Text =
        """
        Africa/Abidjan: Africa/Timbuktu Iceland; Africa/Asmara: Africa/Asmera; Africa/Cairo: Egypt; Africa/Tripoli: Libya;
        America/Adak: America/Atka US/Aleutian; America/Anchorage: US/Alaska; America/Argentina/Buenos_Aires: America/Buenos_Aires;
        America/Argentina/Catamarca: America/Argentina/ComodRivadavia America/Catamarca;
        America/Argentina/Cordoba: America/Cordoba America/Rosario; America/Argentina/Jujuy: America/Jujuy;
        America/Argentina/Mendoza: America/Mendoza; America/Atikokan: America/Coral_Harbour; America/Chicago: CST6CDT US/Central;
        America/Denver: America/Shiprock MST7MDT Navajo US/Mountain; America/Detroit: US/Michigan;
        America/Edmonton: America/Yellowknife Canada/Mountain; America/Halifax: Canada/Atlantic; America/Havana: Cuba;
        America/Indiana/Indianapolis: America/Fort_Wayne America/Indianapolis US/East-Indiana;
        America/Indiana/Knox: America/Knox_IN US/Indiana-Starke; America/Iqaluit: America/Pangnirtung; America/Jamaica: Jamaica;
        America/Kentucky/Louisville: America/Louisville; America/Los_Angeles: PST8PDT US/Pacific; America/Manaus: Brazil/West;
        America/Mazatlan: Mexico/BajaSur; America/Mexico_City: Mexico/General; America/New_York: EST5EDT US/Eastern;
        America/Noronha: Brazil/DeNoronha; America/Nuuk: America/Godthab; America/Panama: EST; America/Phoenix: MST US/Arizona;
        America/Puerto_Rico: America/Kralendijk America/Lower_Princes America/Marigot America/St_Barthelemy America/Virgin;
        America/Regina: Canada/Saskatchewan; America/Rio_Branco: America/Porto_Acre Brazil/Acre; America/Santiago: Chile/Continental;
        America/Sao_Paulo: Brazil/East; America/St_Johns: Canada/Newfoundland;
        America/Tijuana: America/Ensenada America/Santa_Isabel Mexico/BajaNorte;
        America/Toronto: America/Montreal America/Nipigon America/Thunder_Bay Canada/Eastern; America/Vancouver: Canada/Pacific;
        America/Whitehorse: Canada/Yukon; America/Winnipeg: America/Rainy_River Canada/Central;
        Asia/Ashgabat: Asia/Ashkhabad; Asia/Dhaka: Asia/Dacca; Asia/Ho_Chi_Minh: Asia/Saigon;
        Asia/Hong_Kong: Hongkong; Asia/Jerusalem: Asia/Tel_Aviv Israel; Asia/Kathmandu: Asia/Katmandu; Asia/Kolkata: Asia/Calcutta;
        Asia/Macau: Asia/Macao; Asia/Makassar: Asia/Ujung_Pandang; Asia/Nicosia: Europe/Nicosia; Asia/Seoul: ROK;
        Asia/Shanghai: Asia/Chongqing Asia/Chungking Asia/Harbin PRC; Asia/Singapore: Singapore; Asia/Taipei: ROC; Asia/Tehran: Iran;
        Asia/Thimphu: Asia/Thimbu; Asia/Tokyo: Japan; Asia/Ulaanbaatar: Asia/Choibalsan Asia/Ulan_Bator; Asia/Urumqi: Asia/Kashgar;
        Asia/Yangon: Asia/Rangoon; Atlantic/Faroe: Atlantic/Faeroe; Australia/Adelaide: Australia/South;
        Australia/Brisbane: Australia/Queensland; Australia/Broken_Hill: Australia/Yancowinna; Australia/Darwin: Australia/North;
        Australia/Hobart: Australia/Currie Australia/Tasmania; Australia/Lord_Howe: Australia/LHI;
        Australia/Melbourne: Australia/Victoria; Australia/Perth: Australia/West;
        Australia/Sydney: Australia/ACT Australia/Canberra Australia/NSW;
        Etc/GMT: Etc/GMT+0 Etc/GMT-0 Etc/GMT0 Etc/Greenwich GMT GMT+0 GMT-0 GMT0 Greenwich;
        Etc/UTC: Etc/UCT Etc/Universal Etc/Zulu UCT UTC Universal Zulu; Europe/Athens: EET; Europe/Belgrade: Europe/Podgorica;
        Europe/Berlin: Arctic/Longyearbyen Atlantic/Jan_Mayen; Europe/Brussels: CET MET; Europe/Chisinau: Europe/Tiraspol;
        Europe/Dublin: Eire; Europe/Helsinki: Europe/Mariehamn; Europe/Istanbul: Asia/Istanbul Turkey;
        Europe/Kyiv: Europe/Kiev Europe/Uzhgorod Europe/Zaporozhye; Europe/Lisbon: Portugal WET;
        Europe/London: Europe/Belfast GB GB-Eire; Europe/Moscow: W-SU; Europe/Prague: Europe/Bratislava;
        Europe/Rome: Europe/San_Marino Europe/Vatican; Europe/Warsaw: Poland; Europe/Zurich: Europe/Busingen;
        Pacific/Auckland: Antarctica/South_Pole NZ; Pacific/Chatham: NZ-CHAT; Pacific/Chuuk: Pacific/Truk Pacific/Yap;
        Pacific/Easter: Chile/EasterIsland; Pacific/Honolulu: HST Pacific/Johnston US/Hawaii; Pacific/Kanton: Pacific/Enderbury;
        Pacific/Kwajalein: Kwajalein; Pacific/Pago_Pago: Pacific/Samoa US/Samoa; Pacific/Pohnpei: Pacific/Ponape
        """;

    private static readonly string[][] Zones =
    [
        .. Text.Split([';', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(zone => zone.Split([':', ' '], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
    ];

    private static readonly FrozenDictionary<string, string[]> ZoneByName =
        Zones.SelectMany(names => names.Select(name => (name, names))).ToFrozenDictionary(pair => pair.name, pair => pair.names);

    /// <summary>Every former name with its current one.</summary>
    public static IEnumerable<(string Former, string Current)> All =>
        Zones.SelectMany(names => names.Skip(1).Select(former => (former, names[0])));

    /// <summary>The current name of the zone; a name that was never replaced is its own.</summary>
    public static string Current(string name) => ZoneByName.TryGetValue(name, out var names) ? names[0] : name;

    /// <summary>The zone under this name or, where the data do not have it, under another
    /// name of the same zone; null where there is none.</summary>
    /// <param name="name">IANA name.</param>
    /// <param name="data">Looks up exactly this name in the time zone data; null where it is absent.</param>
    public static TimeZoneInfo? Find(string name, Func<string, TimeZoneInfo?> data) =>
        data(name) ?? (ZoneByName.TryGetValue(name, out var names) ? names.Select(data).FirstOrDefault(zone => zone is not null) : null);

    /// <summary>The zone in the system's data (package tzdata).</summary>
    public static TimeZoneInfo? OfSystem(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;
}
