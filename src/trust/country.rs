//! Whose documents a CA signs: the codes of states in machine-readable zones (ICAO Doc 9303-3 clause
//! 5) and those in certificates (ISO 3166-1 alpha-2, ICAO Doc 9303-12 clause 7.1.1).

/// The code that the certificates of a state have, by the one that the machine-readable zone has.
/// `None` where it is not known: territories have the documents of their states, or CAs of their
/// own.
pub(crate) fn of_certificates(issuing_state: &str) -> Option<&'static str> {
    match issuing_state {
        // What is no code of ISO 3166-1 (ICAO Doc 9303-3 clause 5, parts A to D).
        "D" => Some("DE"),
        "EUE" => Some("EU"),
        "UNO" | "UNA" => Some("UN"),
        "RKS" => Some("KS"),
        state => {
            let mut states = STATES.split(' ').filter_map(|s| s.split_at_checked(3));
            states.find(|(zone, _)| *zone == state).map(|(_, certificates)| certificates)
        }
    }
}

// Alpha-3 and alpha-2 of ISO 3166-1 in one.
const STATES: &str = "\
    AFGAF AGOAO ALBAL ANDAD AREAE ARGAR ARMAM ATGAG AUSAU AUTAT AZEAZ BDIBI BELBE BENBJ BFABF \
    BGDBD BGRBG BHRBH BHSBS BIHBA BLRBY BLZBZ BOLBO BRABR BRBBB BRNBN BTNBT BWABW CAFCF CANCA \
    CHECH CHLCL CHNCN CIVCI CMRCM CODCD COGCG COLCO COMKM CPVCV CRICR CUBCU CYPCY CZECZ DJIDJ \
    DMADM DNKDK DOMDO DZADZ ECUEC EGYEG ERIER ESPES ESTEE ETHET FINFI FJIFJ FRAFR FSMFM GABGA \
    GBRGB GEOGE GHAGH GINGN GMBGM GNBGW GNQGQ GRCGR GRDGD GTMGT GUYGY HNDHN HRVHR HTIHT HUNHU \
    IDNID INDIN IRLIE IRNIR IRQIQ ISLIS ISRIL ITAIT JAMJM JORJO JPNJP KAZKZ KENKE KGZKG KHMKH \
    KIRKI KNAKN KORKR KWTKW LAOLA LBNLB LBRLR LBYLY LCALC LIELI LKALK LSOLS LTULT LUXLU LVALV \
    MARMA MCOMC MDAMD MDGMG MDVMV MEXMX MHLMH MKDMK MLIML MLTMT MMRMM MNEME MNGMN MOZMZ MRTMR \
    MUSMU MWIMW MYSMY NAMNA NERNE NGANG NICNI NLDNL NORNO NPLNP NRUNR NZLNZ OMNOM PAKPK PANPA \
    PERPE PHLPH PLWPW PNGPG POLPL PRKKP PRTPT PRYPY PSEPS QATQA ROURO RUSRU RWARW SAUSA SDNSD \
    SENSN SGPSG SLBSB SLESL SLVSV SMRSM SOMSO SRBRS SSDSS STPST SURSR SVKSK SVNSI SWESE SWZSZ \
    SYCSC SYRSY TCDTD TGOTG THATH TJKTJ TKMTM TLSTL TONTO TTOTT TUNTN TURTR TUVTV TWNTW TZATZ \
    UGAUG UKRUA URYUY USAUS UZBUZ VATVA VCTVC VENVE VNMVN VUTVU WSMWS YEMYE ZAFZA ZMBZM ZWEZW";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_known_by_both_of_their_codes() {
        for (zone, certificate) in [
            ("KOR", Some("KR")),
            ("D", Some("DE")),
            ("AUT", Some("AT")),
            ("CHN", Some("CN")),
            ("ZWE", Some("ZW")),
            ("AFG", Some("AF")),
            ("GBR", Some("GB")),
            ("RKS", Some("KS")),
            // Overseas citizens, territories, nobody and nothing.
            ("GBD", None),
            ("HKG", None),
            ("UTO", None),
            ("KORK", None),
            ("K", None),
            ("", None),
        ] {
            assert_eq!(of_certificates(zone), certificate, "{zone}");
        }
        let all: Vec<_> = STATES.split(' ').collect();
        assert!(all.len() > 190 && all.is_sorted() && all.iter().all(|s| s.len() == 5));
    }
}
