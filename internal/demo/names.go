package demo

// Everybody and every place here is invented.

var firstNames = split(`Ada Alba Amara Anders Anouk Ansel Arlo Asa Asher Astrid Aurel Basil Beatrix Benno Birdie Bram Briony Calla Caspian Cato
Cecily Celeste Cleo Clement Cosmo Cyrus Dahlia Damaris Dario Dashiell Delphine Dorian Edda Eilidh Elio Ellis Elowen Emeka Ender Enzo Esme Etta
Evander Ezra Farid Felix Fenna Flora Freya Gaia Giles Greta Hadrian Halcyon Hana Harlan Hazel Hedda Hugo Ida Ilse Imani Ines Ingrid Ione Isla
Ivo Jago Jana Jarek Jonas Josefin Jude Jun Juniper Kaia Kasimir Keziah Kiran Klara Lale Lars Leif Lenka Leonie Levi Linnea Livia Lorcan Lotte
Lucian Luna Mabel Magnus Malik Mara Marisol Maren Matilda Mika Milo Minna Mirren Nadia Naima Nell Nico Niamh Noor Odalys Odin Olive Omar Oren
Orla Oskar Ottilie Pascal Pearl Petra Phoebe Priya Quill Quinn Rafael Ramona Remy Rhea Roman Rosalind Rowan Rufus Ruth Sabine Sage Samira Saskia
Selah Selma Sigrid Silas Simone Soren Stellan Sunniva Tamsin Tariq Teodor Thea Theo Tilda Tobias Tomas Una Uma Valentin Vera Vesna Viggo Viola
Wanda Wilhelmina Willa Wren Xanthe Yara Yosef Yusra Zadie Zeno Zinnia Zora`)

var lastNames = split(`Abernathy Achtervale Adeyemi-Holm Alabaster Aldersey Amsel Anker Ashgrove Azzopardi Bellweather Birchall Blackwood Bly Bramwell Brightwater
Brisbois Calloway Castellane Cavendish-Roe Cloverfield Corvane Crowther Dalgaard Darkwater Delacroix-Hume Devereaux Drew Drummond Dunmore Eastlake
Eckersley Elderfield Emberly Evermore Fairbairn Falkirk Fenn Fernsby Finch Fontaine Foxglove Galbraith Garrick Glasswell Goodacre Grey Greenhalgh Haddock
Halloway Halvorsen Hartigan Hawksmoor Hazeldine Holloway Holt Huxtable Ibsen Inglewood Ironside Ivarsson Jessamine Joyner Kallstrom Kestrel Kingsolver
Kirkbride Lachance Langstrom Larkspur Lindqvist Lockhart Lovelace Maddox Makeda Marchbanks Marchetti Marlowe Mayfield Merriweather Middlemist Montague
Moreau Mossgrave Nakamura-Byrne Nightingale Norcross Oakhurst Okafor Okonjo Oldcastle Orchard Osterhagen Overton Pemberton Penhallow Pettigrew Plumley
Quayle Quint Ravensworth Redfern Reyes Ridgeway Rookwood Rosewarne Salter Sandoval-Pike Sato Seabrook Sheridan Silverthorn Skovgaard Sorrel Southgate Stagg
Starling Stonebridge Summerfield Swann Tallow Tanager Thackeray Thistlewood Thorncroft Tidewater Trelawney Trevanion Underhill Valecourt Vance Varga Verhoeven
Vexley Wainwright Waverly Weatherby Westergaard Whitlock Whitmarsh Wilder Winterbourne Wolfe Woolgar Wycliffe Yarrow Yellowlees Zabriskie Zimmer`)

var streets = split(`Quay_Street Ropewalk Lantern_Lane Saltmarsh_Road Chandler_Street Beacon_Hill Tidegate Cooper_Row Mill_Race Gull_Street Anchor_Close
Harbour_Parade Fisher_Lane Market_Street Old_Customs_Road Sailmaker_Yard Pilot_Street Grey_Point_Road Elm_Terrace Linden_Avenue Orchard_Way Hillcrest_Drive
Station_Road Library_Walk Foundry_Lane Weaver_Street Canal_Side Bridge_Street North_Pier South_Pier Lighthouse_Road Meadow_View Kiln_Lane Dovecote_Street
School_Hill Cathedral_Close Granary_Wharf Almond_Court Signal_Street Heron_Way`)

var districts = split(`Old_Harbor Ropewalk Beacon_Hill Saltmarsh Millside Grey_Point Northgate Southbank Orchard_Park Foundry_Quarter Lakeview University`)

var orgNames = split(`Ropewalk_Traders_Association Beacon_Hill_School Saltmarsh_Allotments Harborview_Food_Pantry Millside_Tenants Old_Harbor_Rowing_Club
Granary_Arts_Trust Northgate_Surgery Southbank_Nursery Lighthouse_Shelter Grey_Point_Sailing_School Foundry_Makers Orchard_Park_Residents Tidegate_Theatre
Harborview_Choral_Society Canal_Side_Cooperative Pilot_House_Museum Harborview_Disability_Forum Lantern_Youth_Centre Kiln_Lane_Repair_Cafe`)
